//! Which file looks at which: read from the paths that the code names, and from the methods that stand in another file
//! than their type.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::source::{File, code_lines};

/// The files of `src` by the path of their module, and what each looks at.
pub struct Graph {
    /// File to the files that it looks at.
    pub arrows: BTreeMap<String, BTreeSet<String>>,
}

type Path = Vec<String>;

struct Reader {
    /// Module path to file.
    modules: HashMap<Path, String>,
    /// File to the names that it hands on from elsewhere, with where they come from.
    handed_on: HashMap<String, HashMap<String, Path>>,
}

fn module_of(file: &str) -> Path {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut path: Path = inside.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

fn code_of(file: &File) -> String {
    code_lines(&file.text).into_iter().map(|(_, line)| line + "\n").collect()
}

/// The paths of a `use`, its groups spelled out.
fn spelled_out(prefix: &str, text: &str, found: &mut Vec<String>) {
    let text = text.trim();
    let Some(open) = text.find('{') else {
        let path = text.split(" as ").next().unwrap_or_default().trim();
        found.push(format!("{prefix}{path}").trim_end_matches("::self").to_owned());
        return;
    };
    let (before, inside) = (&text[..open], text[open + 1..].trim_end().trim_end_matches('}'));
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spelled_out(&format!("{prefix}{before}"), &inside[from..at], found);
                from = at + 1;
            }
            _ => {}
        }
    }
    if !inside[from..].trim().is_empty() {
        spelled_out(&format!("{prefix}{before}"), &inside[from..], found);
    }
}

/// The statements `use …;` of a code, as written between the two words, and the code without them.
fn uses(code: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let begins = line.trim_start();
        let public = begins.starts_with("pub");
        let Some(after) =
            begins.strip_prefix("use ").or_else(|| begins.split_once(" use ").filter(|_| public).map(|p| p.1))
        else {
            rest.push_str(&without_visibility(line));
            rest.push('\n');
            continue;
        };
        let mut statement = after.to_owned();
        while !statement.contains(';') {
            let Some(next) = lines.next() else { break };
            statement.push(' ');
            statement.push_str(next.trim());
        }
        found.push((public, statement.split(';').next().unwrap_or_default().to_owned()));
    }
    (found, rest)
}

/// A line without the path in `pub(in PATH)`: who may see something is no look at it.
fn without_visibility(line: &str) -> String {
    match line.split_once("pub(in ").and_then(|(before, after)| Some((before, after.split_once(')')?.1))) {
        Some((before, after)) => format!("{before}pub{}", without_visibility(after)),
        None => line.to_owned(),
    }
}

/// The paths that a code names in its midst, beginning with one of these words.
fn paths_beginning(code: &str, begins: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let joined = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in code.split(|c: char| !joined(c)) {
        let first = word.split("::").next().unwrap_or_default();
        if word.contains("::") && begins.contains(&first) {
            found.push(word.trim_end_matches(':').to_owned());
        }
    }
    found
}

impl Reader {
    fn children(&self, of: &Path) -> Vec<&str> {
        let own = self.modules.keys().filter(|m| m.len() == of.len() + 1 && m.starts_with(of));
        own.filter_map(|m| m.last()).map(String::as_str).collect()
    }

    /// A path from the root, seen from a module.
    fn absolute(&self, from: &Path, path: &str) -> Option<Path> {
        let mut words: Vec<&str> = path.split("::").collect();
        let mut base = from.clone();
        match words.first().copied()? {
            "crate" => {
                base.clear();
                words.remove(0);
            }
            "self" => {
                words.remove(0);
            }
            "super" => {
                while words.first() == Some(&"super") {
                    base.pop();
                    words.remove(0);
                }
            }
            first if self.children(from).contains(&first) => {}
            _ => return None,
        }
        base.extend(words.into_iter().map(str::to_owned));
        Some(base)
    }

    /// The file that holds what a path names; what a face hands on stands where it comes from.
    fn file_of(&self, path: &Path, steps: usize) -> Option<String> {
        for length in (0..=path.len()).rev() {
            let Some(file) = self.modules.get(&path[..length]) else { continue };
            let from = path.get(length).and_then(|name| self.handed_on.get(file)?.get(name));
            let further = from.filter(|_| steps > 0).and_then(|from| self.file_of(from, steps - 1));
            return further.or_else(|| Some(file.clone()));
        }
        None
    }
}

impl Graph {
    /// Reads the files of `src`.
    pub fn read(files: &[File]) -> Graph {
        let modules = files.iter().map(|f| (module_of(&f.path), f.path.clone())).collect();
        let mut reader = Reader { modules, handed_on: HashMap::new() };
        for file in files {
            let module = module_of(&file.path);
            let mut names = HashMap::new();
            for (_, statement) in uses(&code_of(file)).0.into_iter().filter(|(public, _)| *public) {
                let mut paths = Vec::new();
                spelled_out("", &statement, &mut paths);
                for path in paths {
                    if let (Some(from), Some(name)) = (reader.absolute(&module, &path), path.rsplit("::").next()) {
                        names.insert(name.to_owned(), from);
                    }
                }
            }
            reader.handed_on.insert(file.path.clone(), names);
        }
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in files {
            let module = module_of(&file.path);
            let (statements, code) = uses(&code_of(file));
            let mut paths = Vec::new();
            statements.iter().for_each(|(_, statement)| spelled_out("", statement, &mut paths));
            let mut begins = vec!["crate", "super", "self"];
            begins.extend(reader.children(&module));
            paths.extend(paths_beginning(&code, &begins));
            let seen = paths.iter().filter_map(|path| reader.file_of(&reader.absolute(&module, path)?, 6));
            arrows.entry(file.path.clone()).or_default().extend(seen.filter(|to| *to != file.path));
        }
        for (method, home) in methods_away_from_home(files) {
            let call = format!(".{method}(");
            for file in files.iter().filter(|f| f.path != home && code_of(f).contains(&call)) {
                arrows.entry(file.path.clone()).or_default().insert(home.clone());
            }
        }
        Graph { arrows }
    }

    /// The circles: files each of which reaches all the others.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.arrows.keys().map(|file| (file, self.reached(file))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, reached) in &reach {
            if !reached.contains(file) || seen.contains(file) {
                continue;
            }
            let circle: Vec<String> = reached
                .iter()
                .filter(|other| reach.get(*other).is_some_and(|r| r.contains(file)))
                .map(|f| (*f).clone())
                .collect();
            seen.extend(reached.iter().filter(|f| circle.contains(f)).copied());
            circles.push(circle);
        }
        circles
    }

    fn reached<'g>(&'g self, from: &String) -> BTreeSet<&'g String> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&String> = self.arrows.get(from).into_iter().flatten().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(self.arrows.get(file).into_iter().flatten());
            }
        }
        reached
    }
}

/// Methods that stand in another file than their type, and that no other function is called like: whoever calls them looks
/// at that file without naming it.
fn methods_away_from_home(files: &[File]) -> Vec<(String, String)> {
    let declares = |file: &File, name: &str| {
        ["struct ", "enum ", "trait ", "type "].iter().any(|word| {
            let declared = format!("{word}{name}");
            code_lines(&file.text).iter().any(|(_, line)| {
                line.find(&declared).is_some_and(|at| {
                    let next = line[at + declared.len()..].chars().next();
                    !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            })
        }) || file.text.contains("codes! {") && file.text.contains(&format!("    {name} {{"))
    };
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::new();
    for file in files {
        let mut away = false;
        for (_, line) in code_lines(&file.text) {
            if let Some(head) = line.strip_prefix("impl").filter(|_| line.trim_end().ends_with('{')) {
                let head = head.split(" where ").next().unwrap_or_default();
                let bare = head.trim_start_matches(|c| c != ' ').trim();
                let name =
                    bare.split(['<', ' ', '{']).next().unwrap_or_default().rsplit("::").next().unwrap_or_default();
                away = !head.contains(" for ") && !declares(file, name);
            } else if line.starts_with('}') {
                away = false;
            }
            let Some(at) = line.find("fn ") else { continue };
            let name: String = line[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            *known.entry(name.clone()).or_default() += 1;
            if away {
                found.push((name, file.path.clone()));
            }
        }
    }
    found.retain(|(name, _)| known.get(name) == Some(&1));
    found
}

#[test]
fn a_group_of_names_is_spelled_out() {
    let mut found = Vec::new();
    spelled_out("", "crate::a::{self, b::{C, D as E}, f}", &mut found);
    assert_eq!(found, ["crate::a", "crate::a::b::C", "crate::a::b::D", "crate::a::f"]);
}

#[test]
fn who_may_see_a_thing_is_no_arrow() {
    assert_eq!(without_visibility("    pub(in crate::a::b) fn f(c: crate::d::E) {"), "    pub fn f(c: crate::d::E) {");
    assert_eq!(without_visibility("pub(in crate::a) struct S { pub(in crate::a) f: T }"), "pub struct S { pub f: T }");
}

#[test]
fn a_circle_is_found_through_paths_faces_and_methods() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let face = file("src/a/mod.rs", "mod one;\nmod two;\npub use two::Two;\n");
    let one = file("src/a/one.rs", "use super::Two;\npub struct One;\nfn f(two: Two) {}\n");
    let two = file("src/a/two.rs", "pub struct Two;\nfn g() { super::one::f(Two) }\n");
    let circles = Graph::read(&[face, one, two]).circles();
    assert_eq!(circles, [["src/a/one.rs", "src/a/two.rs"]], "one uses Two by the face, two calls one by its path");
    let home = file("src/b/home.rs", "pub struct Home;\npub fn begin() { Home.leave() }\n");
    let away = file("src/b/away.rs", "use super::home::Home;\nimpl Home {\n    pub fn leave(&self) {}\n}\n");
    let top = file("src/b/mod.rs", "mod away;\nmod home;\n");
    let circles = Graph::read(&[home, away, top]).circles();
    assert_eq!(circles, [["src/b/away.rs", "src/b/home.rs"]], "home calls a method that away gives it");
}
