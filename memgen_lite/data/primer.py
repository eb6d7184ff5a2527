"""聲律啟蒙, *Beginning with Sounds and Tones*, a primer of couplets that Chinese children learned by heart.

By 車萬育 (Che Wanyu, 1632 to 1705), and in the public domain. No package of Python brings the text, so its first six
rhymes of thirty are typed here; the whole is read from a file, where a reader has one.
"""

import json
import re
from pathlib import Path

from ..shared.checks import shown
from ..shared.types import FilePath, RandomState
from .dataset import Dataset, split

# A verse a line; of the first volume the rhymes 一東, 二冬, 三江, 四支, 五微, 六魚, three verses each.
VERSES = """
雲對雨，雪對風，晚照對晴空。來鴻對去燕，宿鳥對鳴蟲。三尺劍，六鈞弓，嶺北對江東。
    人間清暑殿，天上廣寒宮。兩岸曉煙楊柳綠，一園春雨杏花紅。兩鬢風霜，途次早行之客；一蓑煙雨，溪邊晚釣之翁。
沿對革，異對同，白叟對黃童。江風對海霧，牧子對漁翁。顏巷陋，阮途窮，冀北對遼東。
    池中濯足水，門外打頭風。梁帝講經同泰寺，漢皇置酒未央宮。塵慮縈心，懶撫七絃綠綺；霜華滿鬢，羞看百煉青銅。
貧對富，塞對通，野叟對溪童。鬢皤對眉綠，齒皓對唇紅。天浩浩，日融融，佩劍對彎弓。
    半溪流水綠，千樹落花紅。野渡燕穿楊柳雨，芳池魚戲芰荷風。女子眉纖，額下現一彎新月；男兒氣壯，胸中吐萬丈長虹。
春對夏，秋對冬，暮鼓對晨鐘。觀山對玩水，綠竹對蒼松。馮婦虎，葉公龍，舞蝶對鳴蛩。
    銜泥雙紫燕，課蜜幾黃蜂。春日園中鶯恰恰，秋天塞外雁雍雍。秦嶺雲橫，迢遞八千遠路；巫山雨洗，嵯峨十二危峰。
明對暗，淡對濃，上智對中庸。鏡奩對衣笥，野杵對村舂。花灼爍，草蒙茸，九夏對三冬。
    臺高名戲馬，齋小號蟠龍。手擘蟹螯從畢卓，身披鶴氅自王恭。五老峰高，秀插雲霄如玉筆；三姑石大，響傳風雨若金鏞。
仁對義，讓對恭，禹舜對羲農。雪花對雲葉，芍藥對芙蓉。陳後主，漢中宗，繡虎對雕龍。
    柳塘風淡淡，花圃月濃濃。春日正宜朝看蝶，秋風那更夜聞蛩。戰士邀功，必借干戈成勇武；逸民適志，須憑詩酒養疏慵。
樓對閣，戶對窗，巨海對長江。蓉裳對蕙帳，玉斝對銀釭。青布幔，碧油幢，寶劍對金缸。
    忠心安社稷，利口覆家邦。世祖中興延馬武，桀王失道殺龍逄。秋雨瀟瀟，漫爛黃花都滿徑；春風裊裊，扶疏綠竹正盈窗。
旌對旆，蓋對幢，故國對他邦。千山對萬水，九澤對三江。山岌岌，水淙淙，鼓振對鐘撞。
    清風生酒舍，皓月照書窗。陣上倒戈辛紂戰，道旁繫劍子嬰降。夏日池塘，出沒浴波鷗對對；春風簾幕，往來營壘燕雙雙。
銖對兩，隻對雙，華岳對湘江。朝車對禁鼓，宿火對寒缸。青瑣闥，碧紗窗，漢社對周邦。
    笙簫鳴細細，鐘鼓響摐摐。主簿棲鸞名有覽，治中展驥姓惟龐。蘇武牧羊，雪屢餐於北海；莊周活鮒，水必決於西江。
茶對酒，賦對詩，燕子對鶯兒。栽花對種竹，落絮對游絲。四目頡，一足夔，鴝鵒對鷺鷥。
    半池紅菡萏，一架白荼蘼。幾陣秋風能應候，一犁春雨甚知時。智伯恩深，國士吞變形之炭；羊公德大，邑人豎墮淚之碑。
行對止，速對遲，舞劍對圍棋。花箋對草字，竹簡對毛錐。汾水鼎，峴山碑，虎豹對熊羆。
    花開紅錦繡，水漾碧琉璃。去婦因探鄰舍棗，出妻為種後園葵。笛韻和諧，仙管恰從雲裡降；櫓聲咿軋，漁舟正向雪中移。
戈對甲，鼓對旗，紫燕對黃鸝。梅酸對李苦，青眼對白眉。三弄笛，一圍棋，雨打對風吹。
    海棠春睡早，楊柳晝眠遲。張駿曾為槐樹賦，杜陵不作海棠詩。晉士特奇，可比一斑之豹；唐儒博識，堪為五總之龜。
來對往，密對稀，燕舞對鶯飛。風清對月朗，露重對煙微。霜菊瘦，雨梅肥，客路對漁磯。
    晚霞舒錦繡，朝露綴珠璣。夏暑客思欹石枕，秋寒婦念寄邊衣。春水才深，青草岸邊漁父去；夕陽半落，綠莎原上牧童歸。
寬對猛，是對非，服美對乘肥。珊瑚對玳瑁，錦繡對珠璣。桃灼灼，柳依依，綠暗對紅稀。
    窗前鶯並語，簾外燕雙飛。漢致太平三尺劍，周臻大定一戎衣。吟成賞月之詩，只愁月墮；斟滿送春之酒，惟憾春歸。
聲對色，飽對飢，虎節對龍旗。楊花對桂葉，白簡對朱衣。尨也吠，燕于飛，蕩蕩對巍巍。
    春暄資日氣，秋冷借霜威。出使振威馮奉世，治民異等尹翁歸。燕我弟兄，載詠棣棠韡韡；命伊將帥，為歌楊柳依依。
無對有，實對虛，作賦對觀書。綠窗對朱戶，寶馬對香車。伯樂馬，浩然驢，弋雁對求魚。
    分金齊鮑叔，奉璧藺相如。擲地金聲孫綽賦，迴文錦字竇滔書。未遇殷宗，胥靡困傅巖之築；既逢周后，太公捨渭水之漁。
終對始，疾對徐，短褐對華裾。六朝對三國，天祿對石渠。千字策，八行書，有若對相如。
    花殘無戲蝶，藻密有潛魚。落葉舞風高復下，小荷浮水卷還舒。愛見人長，共服宣尼休假蓋；恐彰己吝，誰知阮裕竟焚車。
麟對鳳，鱉對魚，內史對中書。犁鋤對耒耜，畎澮對郊墟。犀角帶，象牙梳，駟馬對安車。
    青衣能報赦，黃耳解傳書。庭畔有人持短劍，門前無客曳長裾。波浪拍船，駭舟人之水宿；峰巒遶舍，樂隱者之山居。
"""


def couplets(path: FilePath | None = None, *, held_out: float = 0.2, random_state: RandomState = 0) -> Dataset:
    """Couplets of 聲律啟蒙, first lines as `train` and `held_out`, and what answers each as `y` and `y_held_out`.

    Four lists of str. A line and its answer are of one length, and answer each other character by character::

        雲對雨  cloud faces rain       半溪流水綠  half a brook, the flowing water green
        雪對風  snow faces wind        千樹落花紅  a thousand trees, the falling petals red

    Without a path they are those of eighteen verses, the rhymes 一東 to 六魚 of the first volume.

    Parameters
    ----------
    path : a JSON file with the whole primer, in traditional or simplified characters: any value of the name
        `paragraphs` in it is a list of verses. The npm package chinese-poetry 2.0.1 has one, fetched by
        `npm pack chinese-poetry@2.0.1`, in `package/dist/mengxue/shenglvqimeng.json` of the archive.
    held_out : float from 0 to below 1, the share of the couplets that are held out.

    Raises
    ------
    FileNotFoundError, ValueError : for a path without a file, or with one that is no JSON or holds no couplet.

    >>> primer = couplets()
    >>> primer.train[0], primer.y[0]
    ('雲對雨', '雪對風')
    """
    text, edition = VERSES, "eighteen verses of the first volume"
    if path is not None:
        text, edition = _read(path), f"the edition of {Path(path).name}"
    pairs = list(_paired(text))
    if not pairs:
        raise ValueError(f"path must be a JSON file with verses as `paragraphs`, got none in {str(path)!r}")
    parts = [[pairs[i] for i in rows] for rows in split(len(pairs), held_out, random_state)]
    (train, y), (kept, y_kept) = ([[pair[side] for pair in part] for side in (0, 1)] for part in parts)
    return Dataset(
        train=train,
        held_out=kept,
        y=y,
        y_held_out=y_kept,
        name="couplets",
        source=f"聲律啟蒙, by 車萬育 (Che Wanyu, 1632 to 1705), {edition}",
        license="public domain",
        credit="Couplets: Che Wanyu (1632 to 1705), Shenglü qimeng, public domain",
    )


def _read(path):
    if not isinstance(path, str | Path):
        raise TypeError(f"path must be a str or a Path, got {shown(path)}")
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise type(error)(f"path must be a JSON file, got {str(path)!r}: {error.strerror}") from None
    except ValueError as error:  # of which errors of JSON and of UTF-8 are
        raise ValueError(f"path must be a JSON file, got {str(path)!r}: {error}") from None
    return "\n".join(_verses(found))


def _verses(found):
    """All strings in lists called `paragraphs`, wherever they are."""
    for name, value in (
        found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    ):
        if name == "paragraphs" and isinstance(value, list):
            yield from (verse for verse in value if isinstance(verse, str))
        else:
            yield from _verses(value)


def _paired(text):
    """The couplets of verses, in order.

    >>> list(_paired("沿對革，異對同，白叟對黃童。塵慮縈心，懶撫七絃綠綺；霜華滿鬢，羞看百煉青銅。"))
    [('沿對革', '異對同'), ('白叟', '黃童'), ('塵慮縈心懶撫七絃綠綺', '霜華滿鬢羞看百煉青銅')]
    """
    for sentence in re.findall(r"[^\s。]+", re.sub(r"\n\s*", "", text)):
        halves = sentence.split("；")
        # A couplet of long lines has pauses in each; those of short ones follow on each other.
        parts = [re.sub("，", "", half) for half in halves] if len(halves) == 2 else re.split("[，；]", sentence)
        while parts:
            first, *parts = parts
            sides = _sides(first)
            if first and parts and len(parts[0]) == len(first) and bool(sides) == bool(_sides(parts[0])):
                yield first, parts.pop(0)
            elif sides:
                yield sides


def _sides(line):
    """What stands around the 對 in the middle of a line, or None."""
    middle = len(line) // 2
    return (line[:middle], line[middle + 1 :]) if len(line) % 2 and len(line) > 1 and line[middle] in "對对" else None
