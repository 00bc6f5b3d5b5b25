//! Kezek (кезек, "queue"): the registry that decides which child gets the next kindergarten place.
//!
//! This page is the map and the glossary. Arrows point down; `tests/it/tidy` holds them, and that no files look at each other
//! in a circle. `ARCHITECTURE.md` says why, and walks through the acts; `CONTRIBUTING.md` says what to touch.
//!
//! ```text
//!    web (api + pages)        cli                  outside words <-> acts
//!         \                   /
//!          ------ service ------                   one act = one write transaction
//!         /    |     |     |    \
//!    store  outside  documents  exchange  sample
//!       \      |       |        /        /
//!      audit   engine   trust                      pure and deterministic
//!         \      |      /
//!           rules                                  law as dated data
//!             |
//!           domain                                 nouns and their invariants
//! ```
//!
//! # Words
//!
//! One word means one thing, everywhere: in code, answers, files and papers.
//!
//! | word | means |
//! |---|---|
//! | act | what somebody or the clock does, in one transaction with its record |
//! | actor | whom a regulation names for a step (clerk, executor, head …); in a record, who did the act |
//! | ahead | the live entries that stand before one in its queue |
//! | application | the request lodged for a child through a channel |
//! | authority | the akim or department behind a credential: who issues, and signs |
//! | budget | how many persons' data a role reads in a day without saying what for |
//! | bulletin | the published list of free places |
//! | case | a request on its way through the steps of its regulation |
//! | category, tier, proof | the ground of a privilege; its class of precedence in a profile; what is shown for it, and how far that is believed |
//! | certificate | what a round's run was made from and what it gave, hashed, for whoever checks it |
//! | channel | how an application came: office, State Corporation, portal |
//! | child, applicant | who will attend; who applies for them, and in what right |
//! | cohort | the year of birth that keys a queue |
//! | correction | what a held round would have given with the right input, and whom it owes |
//! | course | what a regulation's channel means for a running case: which step follows which |
//! | cut-off | where a group was full: the turn, or tier and day, of the last who got in |
//! | departure | the end of an enrolment: the child has left |
//! | due | whom the rules name for a place now |
//! | effect | what a record did to a queue |
//! | entry | an application's seat in its queue, live or spent |
//! | enrolment | the contract made: the place is filled, the turn spent |
//! | facts | what is sealed: kept beside the journal, which holds its hash |
//! | family | children who apply together; in a list of a round, what came of them |
//! | ground | the rule on which a refusal, a skip or an annulment rests, with its basis and source |
//! | held | a round that was committed |
//! | home | the district or city that owns queues, numbers and a chain of the journal: the unit of writing |
//! | in hand | a referral with the application that it is for, loaded for an act on it |
//! | index | seats and orders of all queues in memory, and what codes of papers are compared with, following the journal |
//! | instance | groups with places and children with choices: what one allocation is computed from |
//! | invitation | the secret by which the holder of an account sets a password, once |
//! | kindergarten, group, place | the organisation; its class with age band, language and kind; one vacancy with its ledger |
//! | login | the name by which the holder of an account signs in |
//! | memory | what a process remembers between acts and could make again from the rows |
//! | next | the child who is due for the next open place, and why |
//! | office | what every act needs at hand; as a channel, the provider's own counter |
//! | offered | the places of one group that a queue may use in a round |
//! | one-time code | six signs that sign a family in once: they go to a contact, where the code of its paper is lost |
//! | outcome | what a round decides, before it is kept |
//! | package | the papers that come with a request |
//! | paper, result | what is printed and handed over; the stored document of a service |
//! | pass | one queue's turn in a round: its own places, then those that others left |
//! | position, turn, ticket | the number in the merged order; the place in it that a stream's ratio gives; the increasing number that breaks ties |
//! | preferences | the kindergartens of an application, most wanted first |
//! | principal | who asks: a credential without its secret |
//! | problem | a "no" to a request, with its code and what to do next |
//! | profile | how a territory orders its queues and holds its rounds: dated, with the source of every value |
//! | purpose | what an official says that a read is for |
//! | queue | the waiting list of one territory, cohort and kind |
//! | read | an official's look at a person's data, or at a list: a line of the log of reads |
//! | reason | why a number is what it is, in words |
//! | receipt | proof of what was handed in, or of why it was not taken |
//! | record | one line of a home's chain in the journal |
//! | referral | the document by which a child may take a place |
//! | register | the state's own list of persons or powers; as a verb, to take an application in |
//! | regulation | the act that fixes actors, steps, limits and results of a service |
//! | representative | who acts for a child: at most two persons with equal rights, unless a court says otherwise |
//! | reserve | places of a group that are kept for a tier or category |
//! | round | one run that gives out the places of a scope |
//! | row | who gets which place in a round, and what a referral is issued from |
//! | scope | what a round covers: a territory and all below, at an instant |
//! | seal | the salted hash by which the journal proves what it does not tell |
//! | second factor | a secret that an app on a telephone shares with the registry; its codes are good once |
//! | session | somebody signed in: a family, or an account by one of its mandates |
//! | shielded | of a representative: by a court's act it sees of the child what everybody sees |
//! | skip | passing over the child who is due, on a listed ground, with a second person |
//! | spill | what a village cannot use goes to the home's own queue in the same round |
//! | step | a point of a regulation's course; in an application's life, what may follow what |
//! | stream | first priority or general: the two orders that merge |
//! | term | how long something holds, with its unit |
//! | territory | the KATO area that something belongs to or reaches |
//! | transfer | the request of an enrolled child for another kindergarten |
//! | travel | a case on its way, with its course and history |

pub mod audit;
pub mod cli;
pub mod clock;
pub mod documents;
pub mod domain;
pub mod engine;
pub mod exchange;
pub mod outside;
pub mod rules;
pub mod sample;
pub mod service;
pub mod store;
pub mod trust;
pub mod web;
