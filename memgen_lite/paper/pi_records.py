"""People and machines that knew the most decimals of pi. :mod:`memgen_lite.pi` has it as `pi.records`."""

import io

AS_OF = "2025-12"
# hours: empty where none was found. recognized: who confirmed it as a record, empty where nobody was found to.
_RECORDS = """
kind|year|who|decimals|hours|recognized|note|source
recited|1979|David Fiore|10625|3.08||in writing|mathfail.com, 15 Mar 2010
recited|1980|Creighton Carvello|20013||||mathfail.com, 15 Mar 2010
recited|1981|Rajan Mahadevan|31811||Guinness||mathfail.com, 15 Mar 2010
recited|1987|Hideaki Tomoyori|40000|17.35|Guinness|with breaks of 4 h 15 min|mathfail.com, 15 Mar 2010
recited|1995|Hiroyuki Goto|42195|9.36|Guinness|some say 42,194: does the 3 count?|Los Angeles Times, 26 Feb 1995
recited|2005|Akira Haraguchi|83431|13||unofficial; some say 8 h 40 min|BBC News, 2 July 2005
recited|2005|Lu Chao|67890|24.07|Guinness|24 h 4 min, some say 24 h 7 min|Guinness World Records
recited|2006|Akira Haraguchi|100000|16||unofficial: not accepted by Guinness|Associated Press, 4 Oct 2006
recited|2015|Rajveer Meena|70000|9.46|Guinness|blindfolded; 9 h 7 min to nearly 10 h|Guinness World Records
recited|2015|Suresh Kumar Sharma|70030|17.23|Limca|often misreported as Guinness|Reuters; Pi World Ranking List
computed|1706|John Machin|100|||by hand|Jones, Synopsis Palmariorum Matheseos
computed|1873|William Shanks|527|||by hand; published 707, wrong after the 527th|Proc. Royal Society 21, 319
computed|1949|ENIAC|2037|70|||Reitwiesner, MTAC 4 (1950), 11
computed|1961|Shanks and Wrench|100265|8.72||IBM 7090|Math. Comp. 16 (1962), 76
computed|1973|Guilloud and Bouyer|1001250|23.3||CDC 7600|Wikipedia, Chronology of computation of pi
computed|1989|Chudnovsky brothers|1011196691||||Wikipedia, Chronology of computation of pi
computed|2002|Kanada|1241100000000||||Wikipedia, Chronology of computation of pi
computed|2010|Yee and Kondo|5000000000000|2160||a desktop computer|numberworld.org
computed|2016|Trueb|22459157718361|2520|||numberworld.org
computed|2019|Iwao, Google|31415926535897|2904|Guinness||Google Cloud, 14 Mar 2019
computed|2021|Keller, FH Graubünden|62831853071796|2601|Guinness||UPI, 14 Mar 2022
computed|2022|Iwao, Google|100000000000000|3792|||Google Cloud, 8 June 2022
computed|2024|StorageReview|202112290000000|2040||85 days, some say 100|storagereview.com
computed|2025|Linus Media, Kioxia|300000000000000|4560|Guinness|190 days, some say 7.5 months|Kioxia, May 2025
computed|2025|StorageReview|314000000000000|2640||one server|storagereview.com, Dec 2025
"""


def records():
    """World records in knowing pi, as of December 2025: a DataFrame with a row each, by kind and year.

    Columns: kind ("recited" from memory, or "computed"), year, who, decimals, hours (NaN where none was found),
    recognized (by whom, or ""), note (what is disputed, or ""), source, as_of. Records move: check before quoting one.

    >>> int(records().query("kind == 'recited' and recognized == 'Guinness'").decimals.max())
    70000
    """
    import pandas as pd

    text = ["recognized", "note"]
    frame = pd.read_csv(io.StringIO(_RECORDS), sep="|")
    return frame.assign(**{column: frame[column].fillna("") for column in text}, as_of=AS_OF)
