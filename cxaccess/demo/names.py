"""Given and family names by country, and the zone people there live in."""

from typing import NamedTuple


class Country(NamedTuple):
    """How people of one country are called, and their clock."""

    zone: str
    given: tuple[str, ...]
    family: tuple[str, ...]


def _country(zone: str, given: str, family: str) -> Country:
    return Country(zone, tuple(given.split(",")), tuple(family.split(",")))


COUNTRIES = {
    "DE": _country("Europe/Berlin", "Lukas,Anna,Jürgen,Leonie,Moritz,Käthe,Tobias,Sabine,Henning,Çelik",
                   "Müller,Schäfer,Köhler,Groß,Brandt,Weiß,Hoffmann,von der Heide,Öztürk,Baumgärtner"),
    "AT": _country("Europe/Vienna", "Matthias,Theresa,Florian,Magdalena,Gregor,Eva",
                   "Gruber,Pichler,Moosbrugger,Höller,Steinböck,Lechner"),
    "CH": _country("Europe/Zurich", "Reto,Urs,Sandrine,Flavia,Beat,Noëlle",
                   "Zürcher,Ammann,Bühler,Favre,Bernasconi,Rüegg"),
    "ES": _country("Europe/Madrid", "Lucía,Íñigo,Begoña,Álvaro,Nuria,Javier,Marta,Óscar",
                   "García,Núñez,Ibáñez Ortega,Peña,Etxeberria,Muñoz,del Río,Puig i Cadafalch"),
    "PT": _country("Europe/Lisbon", "João,Inês,Rui,Conceição,Gonçalo,Beatriz",
                   "Silva,Gonçalves,Simões,Magalhães,Brandão,Araújo"),
    "IT": _country("Europe/Rome", "Chiara,Niccolò,Giulia,Matteo,Ludovica,Andrea",
                   "Rossi,De Luca,Bellini,Ferrari,D'Angelo,Esposito"),
    "SE": _country("Europe/Stockholm", "Åsa,Björn,Linnéa,Göran,Elin,Måns",
                   "Lindqvist,Öberg,Sjöström,Nyström,Åkesson,Hägglund"),
    "NO": _country("Europe/Oslo", "Ingrid,Øyvind,Sølvi,Håkon,Marit,Bjørn",
                   "Aas,Bjørnstad,Hansen,Sørlie,Nygård,Østby"),
    "DK": _country("Europe/Copenhagen", "Søren,Mette,Jørgen,Signe,Rasmus,Birthe",
                   "Jørgensen,Kjær,Mørk,Holm,Østergaard,Bæk"),
    "FI": _country("Europe/Helsinki", "Aino,Väinö,Päivi,Mikko,Sisko,Jyrki",
                   "Mäkinen,Hämäläinen,Virtanen,Lehtonen,Järvinen,Saarinen"),
    "GB": _country("Europe/London", "Oliver,Imogen,Callum,Siân,Hamish,Amara,Zainab,George",
                   "Smith,Okonkwo,MacLeod,Featherstonehaugh,Patel,Llewellyn,Hughes,Adeyemi"),
    "IE": _country("Europe/Dublin", "Niamh,Tadhg,Aoife,Cillian,Róisín,Eoin",
                   "O'Sullivan,Ní Bhriain,Murphy,Mac Giolla Phádraig,Byrne,Kavanagh"),
    "FR": _country("Europe/Paris", "Élodie,François,Zoë,Théo,Maëlle,Jérôme",
                   "Lefèvre,Dubois,Garçon,Le Goff,Châtelain,N'Diaye"),
    "BE": _country("Europe/Brussels", "Lotte,Benoît,Joris,Anaïs,Thibault,Griet",
                   "Peeters,Van den Broeck,Lambrecht,Dupont,Claes,Mertens"),
    "NL": _country("Europe/Amsterdam", "Daan,Sanne,Bram,Femke,Joost,Maartje",
                   "de Vries,van 't Hof,Jansen,Bakker,van der Meulen,ten Brink"),
    "AE": _country("Asia/Dubai", "Fatima,Omar,Layla,Khalid,Mariam,Yousef",
                   "Al Mansoori,Haddad,Saleh,Al Falasi,Nasser,El-Sayed"),
    "EG": _country("Africa/Cairo", "Nour,Mahmoud,Salma,Tarek,Yasmine,Karim",
                   "Abdelrahman,Mostafa,El-Masry,Hegazy,Fahmy,Shaaban"),
    "US": _country("America/Chicago", "Ashley,Marcus,DeShawn,Mackenzie,Tyler,Guadalupe,Xiomara,Brandon,Hannah,Jamal",
                   "Johnson,Washington,Nguyen,Kowalski,Ramirez,O'Connor,Bennett,Goldberg,Begay,Whitfield"),
    "CA": _country("America/Toronto", "Émilie,Liam,Priyanka,Connor,Geneviève,Noah",
                   "Tremblay,Singh,Campbell,Bélanger,Wong,Leblanc"),
    "BR": _country("America/Sao_Paulo", "Thaís,Caio,Luíza,Antônio,Bárbara,Vinícius",
                   "da Conceição,Araújo,Guimarães,Sant'Anna,Moura,Brandão Filho"),
    "MX": _country("America/Mexico_City", "Ximena,Andrés,Sofía,Ulises,Itzel,Ramón",
                   "Hernández,Echeverría,Peña Nieto,Muñoz,Cárdenas,Zúñiga"),
    "AR": _country("America/Argentina/Buenos_Aires", "Agustín,Malena,Facundo,Jazmín,Germán,Pilar",
                   "Fernández,Peralta,Ibáñez,Güemes,Quiroga,Ledesma"),
    "JP": _country("Asia/Tokyo", "Haruki,Yui,Sōta,Aiko,Kenji,Misaki",
                   "Watanabe,Satō,Kobayashi,Ōno,Itō,Yamazaki"),
    "KR": _country("Asia/Seoul", "Min-jun,Seo-yeon,Ji-ho,Ha-eun,Do-yun,Ye-jin",
                   "Kim,Park,Choi,Jung,Yoon,Hwang"),
    "AU": _country("Australia/Sydney", "Matilda,Lachlan,Isla,Hamish,Kirra,Jarrah",
                   "Taylor,Nguyen,Papadopoulos,Williams,McKenzie,Kelly"),
    "NZ": _country("Pacific/Auckland", "Aroha,Tāne,Hine,Wiremu,Charlotte,Mereana",
                   "Ngāta,Parata,Wilson,Tūhoe,Harris,Te Kanawa"),
    "IN": _country("Asia/Kolkata", "Ananya,Rohan,Lakshmi,Arjun,Kavya,Vikram,Meera,Siddharth",
                   "Iyer,Sharma,Venkataraghavan,Banerjee,Krishnamurthy,Kaur,D'Souza,Mukhopadhyay"),
}  # fmt: skip

# Names that a page must bear: the longest, the shortest, other scripts. Each with the mail that goes with it.
BRAVE = (
    ("María de los Ángeles Fernández de Córdoba y Álvarez de Toledo", "maria.fernandez"),
    ("Dr. Maximilian Freiherr von Hohenstein-Rosenthal", "maximilian.hohenstein"),
    ("Þórunn Hrafnsdóttir", "thorunn.hrafnsdottir"),
    ("Nguyễn Thị Minh Khai", "minh.khai"),
    ("渡辺 陽子", "yoko.watanabe"),
    ("Ελένη Παπαδοπούλου", "eleni.papadopoulou"),
    ("Bo Li", "bo.li"),
)
