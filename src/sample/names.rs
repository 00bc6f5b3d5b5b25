//! Invented names: the lists hold common names of Kazakhstan, combined at random.

use rand::{Rng, RngExt};

use super::iins::Sex;

/// How a people forms the name after the father.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterFather {
    /// The father's name with `ұлы` or `қызы`.
    Kazakh,
    /// The father's name with `ович` and `овна`, written out in `FATHERS`.
    Slavic,
    /// None: not everybody has one.
    None,
}

/// The names of one people.
#[derive(Debug)]
pub struct Names {
    surnames: &'static [&'static str],
    male: &'static [&'static str],
    female: &'static [&'static str],
    fathers: &'static [Father],
    after_father: AfterFather,
    /// Whether a woman's surname takes `а` or `ская`.
    feminine_surnames: bool,
    /// Whether these families mostly ask for groups in Kazakh.
    pub prefers_kazakh: bool,
}

/// A father's name with the names after him of a son and a daughter.
#[derive(Debug)]
struct Father(&'static str, &'static str, &'static str);

/// A family's shared part: people, surname, father's given name.
#[derive(Clone, Copy, Debug)]
pub struct House {
    /// The names of this people.
    pub names: &'static Names,
    surname: &'static str,
    father: &'static str,
    son_of: &'static str,
    daughter_of: &'static str,
}

impl House {
    /// Draws a house of this people.
    pub fn draw(names: &'static Names, rng: &mut impl Rng) -> Self {
        let surname = pick(names.surnames, rng).copied().unwrap_or_default();
        let (father, son_of, daughter_of) = match names.after_father {
            AfterFather::Slavic => {
                pick(names.fathers, rng).map_or(("", "", ""), |&Father(name, son, daughter)| (name, son, daughter))
            }
            AfterFather::Kazakh => (pick(names.male, rng).copied().unwrap_or_default(), "ұлы", "қызы"),
            AfterFather::None => (pick(names.male, rng).copied().unwrap_or_default(), "", ""),
        };
        House { names, surname, father, son_of, daughter_of }
    }

    /// A child's full name: surname, name, name after the father.
    pub fn child(&self, sex: Sex, rng: &mut impl Rng) -> String {
        let given = self.given(sex, rng);
        let mut name = self.begin(sex, given);
        self.push_after(&mut name, self.father, if sex == Sex::Male { self.son_of } else { self.daughter_of });
        name
    }

    /// The father's full name; his own father is drawn.
    pub fn father(&self, rng: &mut impl Rng) -> String {
        let mut name = self.begin(Sex::Male, self.father);
        self.push_grandfather(&mut name, Sex::Male, rng);
        name
    }

    /// The full name of the mother or another woman of the house.
    pub fn woman(&self, rng: &mut impl Rng) -> String {
        let given = self.given(Sex::Female, rng);
        let mut name = self.begin(Sex::Female, given);
        self.push_grandfather(&mut name, Sex::Female, rng);
        name
    }

    fn given(&self, sex: Sex, rng: &mut impl Rng) -> &'static str {
        pick(if sex == Sex::Male { self.names.male } else { self.names.female }, rng).copied().unwrap_or_default()
    }

    fn begin(&self, sex: Sex, given: &str) -> String {
        // Two letters are four bytes here; one buffer for the whole name saves two allocations a child.
        let mut name = String::with_capacity(96);
        match (sex, self.surname.strip_suffix("ский")) {
            (Sex::Female, Some(stem)) if self.names.feminine_surnames => name.extend([stem, "ская"]),
            (Sex::Female, None)
                if self.names.feminine_surnames && ["ов", "ев", "ин"].iter().any(|end| self.surname.ends_with(end)) =>
            {
                name.extend([self.surname, "а"]);
            }
            _ => name.push_str(self.surname),
        }
        name.extend([" ", given]);
        name
    }

    fn push_grandfather(&self, name: &mut String, sex: Sex, rng: &mut impl Rng) {
        let other = House::draw(self.names, rng);
        self.push_after(name, other.father, if sex == Sex::Male { other.son_of } else { other.daughter_of });
    }

    fn push_after(&self, name: &mut String, father: &str, after: &str) {
        match self.names.after_father {
            AfterFather::Kazakh => name.extend([" ", father, after]),
            AfterFather::Slavic => name.extend([" ", after]),
            AfterFather::None => {}
        }
    }
}

/// One of a list, evenly; `None` only of an empty list.
pub fn pick<'a, T>(list: &'a [T], rng: &mut impl Rng) -> Option<&'a T> {
    if list.is_empty() {
        return None;
    }
    list.get(rng.random_range(0..list.len()))
}

/// Kazakh names.
#[rustfmt::skip] // The lists read better in running lines.
pub static KAZAKH: Names = Names {
    surnames: &[
        "Абдрахманов", "Абенов", "Айтжанов", "Алимбеков", "Аманжолов", "Асанов", "Ахметов", "Байжанов",
        "Баймағанбетов", "Бекмұратов", "Болатов", "Дәулетов", "Досжанов", "Ерғалиев", "Ермеков", "Есенов",
        "Жақсылықов", "Жанділдин", "Жұмабаев", "Жүнісов", "Ибраев", "Исабеков", "Кенжебаев", "Көшербаев", "Қайратов",
        "Қалиев", "Қасенов", "Қожахметов", "Құрманов", "Мақсұтов", "Малдыбаев", "Мұқанов", "Мұсабеков", "Мырзағалиев",
        "Назарбеков", "Нұрғалиев", "Нұрпейісов", "Омаров", "Оразбаев", "Оспанов", "Рақымжанов", "Сағынтаев",
        "Садықов", "Сәрсенов", "Сейітқалиев", "Серікбаев", "Смағұлов", "Сүлейменов", "Тәжібаев", "Темірханов",
        "Тілеубаев", "Төлегенов", "Тұрсынов", "Үмбетов", "Шаймерденов", "Шәріпов", "Ысқақов",
    ],
    male: &[
        "Алихан", "Алдияр", "Абылай", "Айсұлтан", "Амир", "Арлан", "Арсен", "Асылжан", "Бағдат", "Батырхан", "Бекзат",
        "Бейбарыс", "Болат", "Дамир", "Дәулет", "Диас", "Еділ", "Ерасыл", "Ерлан", "Ернар", "Жандос", "Жантөре",
        "Жәнібек", "Заңғар", "Исатай", "Қайрат", "Қайсар", "Мансұр", "Марат", "Медет", "Мирас", "Мұрат", "Мұстафа",
        "Нұрислам", "Нұрлан", "Нұрсұлтан", "Омар", "Рамазан", "Санжар", "Саят", "Серік", "Тамерлан", "Талғат",
        "Темірлан", "Төлеген", "Хамза", "Шыңғыс", "Ыбырай",
    ],
    female: &[
        "Адема", "Айару", "Айғаным", "Айзере", "Айлин", "Айша", "Ақбота", "Алтынай", "Амина", "Аружан", "Асылым",
        "Аяулым", "Әдемі", "Балжан", "Бибігүл", "Гүлнұр", "Дана", "Дариға", "Жанель", "Жансая", "Жібек", "Зере",
        "Інжу", "Кәусар", "Қарлығаш", "Құралай", "Ләйлә", "Мадина", "Мария", "Меруерт", "Мөлдір", "Назерке", "Нұрай",
        "Раяна", "Салтанат", "Сара", "Сафия", "Томирис", "Ұлпан", "Шынар", "Ясмина",
    ],
    fathers: &[],
    after_father: AfterFather::Kazakh,
    feminine_surnames: true,
    prefers_kazakh: true,
};

/// Russian, Ukrainian and Belarusian names.
#[rustfmt::skip] // The lists read better in running lines.
pub static RUSSIAN: Names = Names {
    surnames: &[
        "Алексеев", "Белов", "Бондаренко", "Васильев", "Волков", "Воронин", "Гончаренко", "Григорьев", "Данилов",
        "Егоров", "Жуков", "Захаров", "Иваненко", "Калинин", "Киселев", "Ковальский", "Козлов", "Кравченко",
        "Кузьмин", "Лебедев", "Литвинов", "Макаров", "Мельник", "Михайлов", "Морозов", "Никитин", "Новиков", "Орлов",
        "Павлов", "Петренко", "Поляков", "Романов", "Савченко", "Сидоров", "Соколов", "Степанов", "Тимофеев",
        "Ткаченко", "Федоров", "Яковлев",
    ],
    male: &[
        "Александр", "Артем", "Богдан", "Вадим", "Виктор", "Глеб", "Даниил", "Дмитрий", "Егор", "Иван", "Илья",
        "Кирилл", "Лев", "Максим", "Марк", "Матвей", "Михаил", "Никита", "Роман", "Савелий", "Семен", "Степан",
        "Тимофей", "Федор", "Ярослав",
    ],
    female: &[
        "Алина", "Алиса", "Анастасия", "Анна", "Варвара", "Василиса", "Вера", "Виктория", "Дарья", "Ева", "Екатерина",
        "Елизавета", "Злата", "Ирина", "Кира", "Ксения", "Мария", "Милана", "Ольга", "Полина", "София", "Таисия",
        "Ульяна", "Юлия",
    ],
    fathers: &SLAVIC_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: true,
    prefers_kazakh: false,
};

/// German names.
#[rustfmt::skip] // The lists read better in running lines.
pub static GERMAN: Names = Names {
    surnames: &[
        "Вагнер", "Вебер", "Гофман", "Зиммер", "Келлер", "Кох", "Крюгер", "Майер", "Миллер", "Нойман", "Рихтер",
        "Фишер", "Фогель", "Шмидт", "Шнайдер", "Шульц",
    ],
    male: &[
        "Александр", "Артур", "Виктор", "Давид", "Даниэль", "Лео", "Марк", "Максим", "Роберт", "Эдуард", "Эрик",
    ],
    female: &[
        "Алина", "Анна", "Валерия", "Диана", "Ева", "Лилия", "Мария", "Марта", "Ника", "София", "Эмилия", "Элина",
    ],
    fathers: &SLAVIC_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: false,
    prefers_kazakh: false,
};

/// Korean names.
#[rustfmt::skip] // The lists read better in running lines.
pub static KOREAN: Names = Names {
    surnames: &[
        "Ан", "Ким", "Кан", "Ли", "Нам", "Огай", "Пак", "Тен", "Тян", "Хван", "Хегай", "Цой", "Шин", "Югай",
    ],
    male: &[
        "Александр", "Артем", "Вадим", "Виктор", "Давид", "Денис", "Евгений", "Марк", "Роман", "Тимур", "Эрик",
    ],
    female: &[
        "Алина", "Анна", "Валерия", "Вероника", "Диана", "Евгения", "Лилия", "Мария", "Полина", "София", "Элина",
    ],
    fathers: &SLAVIC_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: false,
    prefers_kazakh: false,
};

/// Uzbek names.
#[rustfmt::skip] // The lists read better in running lines.
pub static UZBEK: Names = Names {
    surnames: &[
        "Абдуллаев", "Алимов", "Ахмедов", "Бабаев", "Давлатов", "Ибрагимов", "Исмаилов", "Каримов", "Мирзаев",
        "Назаров", "Рахимов", "Саидов", "Турсунов", "Умаров", "Хасанов", "Юлдашев",
    ],
    male: &[
        "Азиз", "Бобур", "Дилшод", "Жасур", "Зафар", "Ибрагим", "Имран", "Муслим", "Отабек", "Рустам", "Сардор",
        "Улугбек", "Шахзод",
    ],
    female: &[
        "Азиза", "Гульноза", "Дильноза", "Зарина", "Камила", "Лола", "Малика", "Мохира", "Нигора", "Севара", "Сабина",
        "Умида", "Шахноза",
    ],
    fathers: &EASTERN_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: true,
    prefers_kazakh: false,
};

/// Uyghur and Dungan names.
#[rustfmt::skip] // The lists read better in running lines.
pub static UYGHUR: Names = Names {
    surnames: &[
        "Абдукеримов", "Авутов", "Азизов", "Арзиев", "Ахмаров", "Баратов", "Давутов", "Исмаилов", "Каримов",
        "Масимов", "Насыров", "Розиев", "Садыров", "Тохтахунов", "Турдыев", "Юсупов",
    ],
    male: &[
        "Адиль", "Азат", "Алимжан", "Арслан", "Ильяр", "Исмаил", "Камил", "Рустам", "Руслан", "Турсун", "Шавкат",
    ],
    female: &[
        "Айгуль", "Амина", "Гузель", "Диляра", "Зульфия", "Малика", "Патигуль", "Рабия", "Рената", "Сабина", "Халида",
    ],
    fathers: &EASTERN_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: true,
    prefers_kazakh: false,
};

/// Tatar names.
#[rustfmt::skip] // The lists read better in running lines.
pub static TATAR: Names = Names {
    surnames: &[
        "Абдулин", "Валиев", "Габдуллин", "Галиев", "Закиров", "Латыпов", "Муратов", "Нигматуллин", "Рахматуллин",
        "Сабиров", "Сафин", "Хайруллин", "Хасанов", "Шарипов",
    ],
    male: &[
        "Амир", "Булат", "Дамир", "Ильдар", "Камиль", "Марсель", "Ренат", "Ринат", "Руслан", "Тимур", "Эльдар",
    ],
    female: &[
        "Алия", "Амина", "Гульнара", "Диляра", "Динара", "Замира", "Камилла", "Лейсан", "Лилия", "Регина", "Эльвира",
    ],
    fathers: &EASTERN_FATHERS,
    after_father: AfterFather::Slavic,
    feminine_surnames: true,
    prefers_kazakh: false,
};

/// Names of people who have no name after the father: some citizens and most foreigners.
#[rustfmt::skip] // The lists read better in running lines.
pub static WITHOUT_FATHER: Names = Names {
    surnames: &[
        "Аксой", "Ван", "Гюнеш", "Демир", "Йылмаз", "Каплан", "Лин", "Озтюрк", "Чен", "Шахин", "Эрдем",
    ],
    male: &[
        "Али", "Аслан", "Вэй", "Давид", "Емре", "Кемал", "Мурад", "Осман", "Тарик", "Эльмир",
    ],
    female: &[
        "Айлин", "Айсель", "Дениз", "Лейла", "Мэй", "Нармин", "Севиль", "Сюин", "Фатима", "Эда",
    ],
    fathers: &[],
    after_father: AfterFather::None,
    feminine_surnames: false,
    prefers_kazakh: false,
};

static SLAVIC_FATHERS: [Father; 20] = [
    Father("Александр", "Александрович", "Александровна"),
    Father("Алексей", "Алексеевич", "Алексеевна"),
    Father("Андрей", "Андреевич", "Андреевна"),
    Father("Антон", "Антонович", "Антоновна"),
    Father("Артем", "Артемович", "Артемовна"),
    Father("Виктор", "Викторович", "Викторовна"),
    Father("Виталий", "Витальевич", "Витальевна"),
    Father("Владимир", "Владимирович", "Владимировна"),
    Father("Денис", "Денисович", "Денисовна"),
    Father("Дмитрий", "Дмитриевич", "Дмитриевна"),
    Father("Евгений", "Евгеньевич", "Евгеньевна"),
    Father("Иван", "Иванович", "Ивановна"),
    Father("Игорь", "Игоревич", "Игоревна"),
    Father("Константин", "Константинович", "Константиновна"),
    Father("Максим", "Максимович", "Максимовна"),
    Father("Николай", "Николаевич", "Николаевна"),
    Father("Павел", "Павлович", "Павловна"),
    Father("Роман", "Романович", "Романовна"),
    Father("Сергей", "Сергеевич", "Сергеевна"),
    Father("Юрий", "Юрьевич", "Юрьевна"),
];

static EASTERN_FATHERS: [Father; 14] = [
    Father("Азат", "Азатович", "Азатовна"),
    Father("Азиз", "Азизович", "Азизовна"),
    Father("Алишер", "Алишерович", "Алишеровна"),
    Father("Булат", "Булатович", "Булатовна"),
    Father("Ильдар", "Ильдарович", "Ильдаровна"),
    Father("Ильяс", "Ильясович", "Ильясовна"),
    Father("Камил", "Камилович", "Камиловна"),
    Father("Марат", "Маратович", "Маратовна"),
    Father("Ренат", "Ренатович", "Ренатовна"),
    Father("Рустам", "Рустамович", "Рустамовна"),
    Father("Тимур", "Тимурович", "Тимуровна"),
    Father("Турсун", "Турсунович", "Турсуновна"),
    Father("Фархад", "Фархадович", "Фархадовна"),
    Father("Шавкат", "Шавкатович", "Шавкатовна"),
];
