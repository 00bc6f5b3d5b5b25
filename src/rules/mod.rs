//! Law as dated data: profiles, regulations, bindings, the working calendar.
