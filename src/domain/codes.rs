//! The closed lists of the contract, each with its one spelling on the wire and in the registry.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an enum whose every member has one code, used on the wire, in the registry and in CSV.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The code on the wire, in the registry and in CSV.
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// The member with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|m| m.code() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownCode;
            fn from_str(code: &str) -> Result<Self, UnknownCode> {
                Self::from_code(code).ok_or_else(|| UnknownCode {
                    allowed: Self::ALL.iter().map(|m| m.code()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

pub(crate) use codes;

/// A code that is not in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// The codes that are.
    pub allowed: String,
}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a known code; use one of: {}", self.allowed)
    }
}

impl std::error::Error for UnknownCode {}

codes! {
    /// How an application reaches the registry (seeds: clause 1 of each queue regulation).
    Channel {
        /// The provider's own office.
        Office = "office",
        /// The State Corporation "Government for Citizens".
        StateCorporation = "state_corporation",
        /// The web portal of electronic government.
        Portal = "portal",
    }
}

codes! {
    /// Where an application stands.
    Status {
        /// Waiting, with a position.
        InQueue = "in_queue",
        /// A place is held for the child until the answer.
        Offered = "offered",
        /// A referral is issued and in force.
        Referred = "referred",
        /// The contract is made; the turn is spent.
        Enrolled = "enrolled",
        /// Taken back by the applicant.
        Withdrawn = "withdrawn",
        /// The service was refused with grounds.
        Refused = "refused",
        /// Takes no part in allocation until a date.
        StopListed = "stop_listed",
        /// No answer came; can be restored once.
        Inactive = "inactive",
        /// Ended otherwise, for instance by age.
        Closed = "closed",
    }
}

codes! {
    /// Kind of a group.
    GroupKind {
        /// A group that asks for no paper beside the usual ones.
        General = "general",
        /// Group for special educational needs.
        Special = "special",
        /// A group for children under a doctor's care.
        Sanatorium = "sanatorium",
    }
}

codes! {
    /// Language of upbringing and instruction.
    Language {
        /// Kazakh.
        Kazakh = "kk",
        /// Russian.
        Russian = "ru",
        /// Uyghur.
        Uyghur = "ug",
        /// Uzbek.
        Uzbek = "uz",
        /// English.
        English = "en",
        /// Several languages in one group.
        Mixed = "mixed",
    }
}

codes! {
    /// In what right somebody applies for a child.
    ApplicantKind {
        /// Mother or father of the child.
        Parent = "parent",
        /// Guardian or other legal representative.
        LegalRepresentative = "legal_representative",
        /// By power of attorney.
        Attorney = "attorney",
    }
}

codes! {
    /// Evidence of a category: how far it is believed.
    ProofStatus {
        /// Stated by the applicant, counts until its term.
        Claimed = "claimed",
        /// Checked by an official or a register and believed.
        Confirmed = "confirmed",
        /// Checked and not believed: the entry returns to general at its own instant.
        Rejected = "rejected",
    }
}

codes! {
    /// Which stream of the merged order a tier belongs to.
    Stream {
        /// Served before all others, outside the mix.
        OutOfTurn = "out_of_turn",
        /// The P of the ratio p:g.
        FirstPriority = "first_priority",
        /// The G of the ratio p:g.
        General = "general",
    }
}

codes! {
    /// On what a value or a ground rests.
    Basis {
        /// A clause of the act in force.
        Act = "act",
        /// A practice with its source.
        Practice = "practice",
        /// A setting of this registry.
        Project = "project",
    }
}

codes! {
    /// Who acts, by the credential shown.
    Role {
        /// Clerk of the provider's office.
        Office = "office",
        /// Operator of the State Corporation.
        StateCorporation = "state_corporation",
        /// The gateway of the portal, which hands in for signed-in applicants.
        Portal = "portal",
        /// Education department of a district or city.
        Department = "department",
        /// Akim of a village, settlement or rural district.
        Akim = "akim",
        /// Staff of a kindergarten.
        Kindergarten = "kindergarten",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// A representative of a child, signed in with the code of the family's paper.
        Family = "family",
    }
}

codes! {
    /// What a family is told, whoever did it.
    Notice {
        /// A new code was given to a representative.
        FamilyCode = "family_code",
        /// A second person represents the child.
        RepresentativeAdded = "representative_added",
        /// Another person represents the child in the stead of one.
        RepresentativeReplaced = "representative_replaced",
        /// A person represents the child no more.
        RepresentativeEnded = "representative_ended",
        /// The department has entered what a court or a guardianship body says of who represents the child.
        CourtAct = "court_act",
        /// Somebody asked for a one-time code: the message brings it.
        OneTimeCode = "one_time_code",
        /// The application was closed on a document; nothing is told after that.
        ClosedOnDocument = "closed_on_document",
        /// Contacts or wishes were changed.
        Amended = "amended",
        /// Name, birth date or IIN of the child was corrected.
        Corrected = "corrected",
        /// The application was taken back.
        Withdrawn = "withdrawn",
        /// Two applications of the child became one.
        Merged = "merged",
        /// The application was brought to another territory.
        Moved = "moved",
        /// The contract was made.
        Enrolled = "enrolled",
        /// The child has left its kindergarten.
        Departed = "departed",
        /// A place went past the child on a ground that two officials have confirmed.
        PassedOver = "passed_over",
        /// The referral was given back.
        Annulled = "annulled",
        /// An official asks to take something; it waits for a second person.
        TakingAsked = "taking_asked",
        /// Nobody confirmed that in time: nothing was taken.
        TakingLapsed = "taking_lapsed",
        /// What was asked or taken is undone.
        TakingUndone = "taking_undone",
        /// An account that saw or changed what concerns the child was misused.
        Incident = "incident",
        /// One official has taken so much on paper today that the rest waits: told to the department.
        PaperTakings = "paper_takings",
        /// The taking was undone, and the place had been given on: the child is owed one.
        PlaceOwed = "place_owed",
    }
}

codes! {
    /// What an official reads of a person, or which list of several: a line of the log of reads says so.
    ReadKind {
        /// An application with its papers.
        Application = "application",
        /// Why a round gave an application what it gave.
        Explanation = "explanation",
        /// A referral.
        Referral = "referral",
        /// A case.
        Case = "case",
        /// The scan of a paper, or those of an application.
        Paper = "paper",
        /// Who read an application.
        Reads = "reads",
        /// Who a child was by its papers before they were corrected.
        Corrections = "corrections",
        /// What waits for a second person in a territory, or one of it.
        Pending = "pending",
        /// Who was passed over in a territory.
        Skips = "skips",
        /// Which applications of a territory are probably of one child.
        Duplicates = "duplicates",
        /// Who is owed a place in a territory.
        Debts = "debts",
        /// The child who is due for the next place of a territory.
        Next = "next",
        /// The queues of a territory, or one with its entries.
        Queue = "queue",
        /// The cases of a territory by their deadlines.
        Cases = "cases",
        /// The committed rounds of a territory, or one with its rows and files.
        Rounds = "rounds",
        /// A round that was only tried.
        Trial = "trial",
        /// The messages to a territory.
        Messages = "messages",
        /// The accounts of a territory.
        Accounts = "accounts",
        /// A file with a whole register, written at the machine.
        Export = "export",
        /// No read: the budget of an account was lifted.
        Lift = "lift",
    }
}

impl ReadKind {
    /// Whether it is about one person: each such read is a line, and counts.
    pub fn is_of_a_person(self) -> bool {
        matches!(
            self,
            Self::Application
                | Self::Explanation
                | Self::Referral
                | Self::Case
                | Self::Paper
                | Self::Reads
                | Self::Corrections
        )
    }

    /// Whether it is a list, of which one line a day is kept.
    pub fn is_once_a_day(self) -> bool {
        !self.is_of_a_person() && self != Self::Lift
    }
}

codes! {
    /// What became of a seat's turn in the merged order (ARCHITECTURE: the order of a queue).
    Turn {
        /// The entry waits, is offered or referred: it keeps its turn and is counted.
        Live = "live",
        /// The child enrolled: the turn stays in its stream, so that nobody behind moves back.
        Spent = "spent",
        /// A spent turn that reached the front of its stream and went into the stream's counter.
        Dropped = "dropped",
        /// The entry left without a turn, or never had one.
        None = "none",
    }
}

codes! {
    /// What the akim or the department decided about an application.
    Decision {
        /// Not yet decided: the entry has a position but may get no referral.
        Pending = "pending",
        /// The application was accepted: it may be given a place.
        Accepted = "accepted",
        /// The service was refused, with its grounds.
        Refused = "refused",
    }
}

codes! {
    /// Where a place stands in its ledger.
    PlaceStatus {
        /// Reported by the kindergarten, waiting for the hour of publication.
        Reported = "reported",
        /// On the bulletin, free.
        Published = "published",
        /// Held for an offer.
        Held = "held",
        /// A referral names it.
        Referred = "referred",
        /// The child is enrolled in it.
        Filled = "filled",
        /// Taken back with a reason.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// Where a referral stands.
    ReferralStatus {
        /// Issued and in force.
        Issued = "issued",
        /// Shown to the kindergarten with the documents.
        Presented = "presented",
        /// The contract is made.
        Enrolled = "enrolled",
        /// The kindergarten refused with a ground.
        Refused = "refused",
        /// Its term ran out.
        Expired = "expired",
        /// Taken back by the authority.
        Annulled = "annulled",
        /// The contract has ended: the child left the kindergarten.
        Departed = "departed",
    }
}

codes! {
    /// The stored documents that the registry issues.
    ResultKind {
        /// Placed in the queue, with the position.
        Notification = "notification",
        /// A place is given.
        Referral = "referral",
        /// The service is refused, with grounds.
        ReasonedRefusal = "reasoned_refusal",
        /// The package was not accepted, with what is missing.
        RefusalReceipt = "refusal_receipt",
        /// Placed in the queue: East Kazakhstan's form of 2014.
        QueueReceipt = "queue_receipt",
    }
}

codes! {
    /// What was wrong with a committed round.
    CorrectionGround {
        /// A kindergarten reported too many or too few places.
        Places = "places_misreported",
        /// A proof was wrong, or a right one was not counted.
        Proof = "proof_wrong",
        /// A turn was wrong: an instant, a ticket.
        Turn = "turn_wrong",
        /// A child took part that had no right to.
        Part = "part_wrong",
    }
}

codes! {
    /// Sex, as the person register and the birth certificate write it.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
    }
}

codes! {
    /// How the holder of a session signed in.
    Way {
        /// With the account's own password.
        Password = "password",
        /// At an identity provider, which asks for a second factor itself.
        Provider = "provider",
        /// As a system, with its own secret.
        Client = "client",
    }
}
