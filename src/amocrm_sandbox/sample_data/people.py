"""Invented people, companies and deals with Russian names. Pure: a source of chance in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = [
    "CITIES",
    "TAGS",
    "Person",
    "company_name",
    "deal_name",
    "letters",
    "note_text",
    "person",
    "phone",
    "task_text",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MEN = _words(
    "Александр Алексей Андрей Антон Артём Борис Вадим Василий Виктор Владимир Глеб Григорий Даниил "
    "Денис Дмитрий Евгений Егор Иван Игорь Илья Кирилл Константин Лев Максим Матвей Михаил Никита "
    "Николай Олег Павел Пётр Роман Руслан Семён Сергей Степан Тимофей Фёдор Юрий Ярослав "
)
_WOMEN = _words(
    "Алина Алла Анастасия Анна Валентина Валерия Вера Вероника Виктория Галина Дарья Диана Евгения "
    "Екатерина Елена Елизавета Жанна Зоя Инна Ирина Кира Кристина Ксения Лариса Лидия Любовь Людмила "
    "Маргарита Марина Мария Надежда Наталья Нина Оксана Ольга Полина Светлана София Тамара Татьяна "
    "Ульяна Юлия Яна "
)
# Masculine; the feminine form follows from the ending.
_SURNAMES = _words(
    "Абрамов Алексеев Андреев Баранов Белов Белый Борисов Васильев Виноградов Власов Воробьёв Гаврилов "
    "Герасимов Голубев Григорьев Громов Гусев Давыдов Данилов Дмитриев Егоров Ершов Жуков Зайцев "
    "Захаров Иванов Ильин Казаков Калинин Карпов Киселёв Ковалёв Козлов Комаров Королёв Крылов Кузнецов "
    "Куликов Лебедев Макаров Медведев Миронов Морозов Никитин Новиков Орлов Павлов Петров Поляков Попов "
    "Рябов Савельев Сергеев Сидоров Смирнов Соболев Соколов Соловьёв Сорокин Степанов Тарасов Титов "
    "Тихонов Фёдоров Филиппов Чернов Шевченко Широкий Щербаков Яковлев "
)
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        _words("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya"),
        strict=True,
    )
)
CITIES = (
    "Москва",
    "Санкт-Петербург",
    "Казань",
    "Новосибирск",
    "Екатеринбург",
    "Самара",
    "Пермь",
    "Томск",
    "Тула",
)
STREETS = (
    "Ленина",
    "Садовая",
    "Мира",
    "Гагарина",
    "Лесная",
    "Школьная",
    "Советская",
    "Набережная",
    "Заводская",
)
TAGS = (
    "сайт",
    "реклама",
    "звонок",
    "выставка",
    "рекомендация",
    "повторный",
    "срочно",
    "vip",
    "опт",
    "тендер",
)
_COMPANY_WORDS = _words(
    "Ромашка Вектор Альфа Горизонт Мегаполис Север Атлант Квадрат Прогресс Стройград Технолайн Фаворит "
    "Орион Лидер Импульс Гранит Восход Сфера Новатор Каскад Маяк Русь Меридиан Парус Эталон Уют Контур "
    "Зенит Радуга Форпост "
)
_COMPANY_ENDS = ("", "", "", "-Сервис", "-Строй", "-Трейд", "-Групп", "-Плюс", "-Юг", "-Мед")
_FORMS = ("ООО", "ООО", "ООО", "АО", "ПАО")
POSITIONS = (
    "Директор",
    "Менеджер по закупкам",
    "Главный инженер",
    "Бухгалтер",
    "Руководитель отдела",
    "Логист",
)
INDUSTRIES = ("Строительство", "Торговля", "Производство", "Медицина", "Образование", "Логистика")
_DEALS = (
    "Поставка оборудования",
    "Ремонт офиса",
    "Обслуживание техники",
    "Внедрение CRM",
    "Разработка сайта",
    "Аренда склада",
    "Монтаж вентиляции",
    "Обучение сотрудников",
    "Рекламная кампания",
    "Пробная партия",
    "Годовой контракт",
    "Проектирование",
)
_NOTES = (
    "Просит прислать коммерческое предложение до пятницы.",
    "Обсудили сроки, ждёт решения директора.",
    "Не дозвонился, перезвонить после обеда.",
    "Отправил договор на согласование.",
    "Интересует скидка при оплате сразу.",
    "Клиент доволен прошлым заказом.",
    "Сравнивает нас с двумя конкурентами.",
    "Попросил счёт на предоплату 50 %.",
)
_TASKS = (
    "Позвонить и уточнить детали",
    "Отправить коммерческое предложение",
    "Выставить счёт",
    "Согласовать договор",
    "Провести встречу",
    "Напомнить об оплате",
    "Узнать решение по заказу",
)


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person."""

    first_name: str
    last_name: str
    is_woman: bool

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


def _feminine(surname: str) -> str:
    if surname.endswith(("ий", "ый")):
        return surname[:-2] + "ая"
    return surname + "а" if surname.endswith(("ов", "ев", "ёв", "ин", "ын")) else surname


def person(random: Random) -> Person:
    """Return a person whose surname agrees with the first name.

    Example:
        >>> person(Random(4)).name
        'Любовь Голубева'
    """
    is_woman, surname = random.random() < 0.5, random.choice(_SURNAMES)
    if is_woman:
        return Person(random.choice(_WOMEN), _feminine(surname), True)
    return Person(random.choice(_MEN), surname, False)


def letters(text: str) -> str:
    """Return a text in Latin letters, fit for an address.

    Example:
        >>> letters("Щербакова Юлия")
        'scherbakova.yuliya'
    """
    low = text.lower().replace(" ", ".")
    return "".join(_LATIN.get(letter, letter) for letter in low).replace("_", "")


def phone(random: Random) -> str:
    """Return a mobile number. It is invented and may exist: never dial it."""
    digits = f"{random.randrange(10**9):09d}"
    return f"+7 9{digits[:2]} {digits[2:5]}-{digits[5:7]}-{digits[7:]}"


def company_name(random: Random) -> str:
    """Return a company's name; every sixth one is a sole proprietor."""
    if random.random() < 1 / 6:
        owner = person(random)
        return f"ИП {owner.last_name} {owner.first_name[0]}. {random.choice('АВДИНПС')}."
    return f"{random.choice(_FORMS)} «{random.choice(_COMPANY_WORDS)}{random.choice(_COMPANY_ENDS)}»"


def deal_name(random: Random, number: int) -> str:
    """Return a lead's name with its number."""
    return f"{random.choice(_DEALS)} №{number}"


def note_text(random: Random) -> str:
    """Return what a manager wrote down."""
    return random.choice(_NOTES)


def task_text(random: Random) -> str:
    """Return what a manager has to do."""
    return random.choice(_TASKS)
