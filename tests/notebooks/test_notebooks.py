"""What strict comparison of notebooks does not see: cells that never ran, stored errors, semicolons; and the frame."""

import ast
import base64
import html
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSONS = [path for path in NOTEBOOKS if "00" < path.name[:2] < "90"]  # from 91 on they are an appendix
PAPER = [path for path in LESSONS if path.name[:2] < "10"]


def read(path):
    return json.loads(path.read_text("utf-8"))


def source(cell):
    return "".join(cell["source"])


def code(path):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def prose(path):
    return "\n".join(source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def test_the_paper_has_its_six_notebooks():
    titles = ["algorithm", "quantitative_evaluation", "text_identity", "internet_cats", "pi_digits", "this_paper"]
    stems = {path.stem for path in NOTEBOOKS}
    assert {f"{i:02}_{title}" for i, title in enumerate(titles, 1)} <= stems


@each(NOTEBOOKS)
def test_every_code_cell_was_run_in_order_on_a_clean_kernel(path):
    assert [cell["execution_count"] for cell in code(path)] == list(range(1, len(code(path)) + 1))


@each(NOTEBOOKS)
def test_no_output_is_an_error_or_on_stderr(path):
    outputs = [output for cell in code(path) for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]


@each(NOTEBOOKS)
def test_no_number_that_rounds_to_zero_is_shown_as_negative(path):
    shown = [text for cell in code(path) for output in cell["outputs"] for text in output.get("data", {}).values()]
    shown += [output["text"] for cell in code(path) for output in cell["outputs"] if "text" in output]
    text = re.sub(r"base64,[^\"\\]*", "", "\n".join("".join(part) for part in shown))
    assert not re.findall(r".*(?<![\w.])[-−]0(?:\.0+)?%?(?![.\d\w]).*", text)


@each(NOTEBOOKS)
def test_no_cell_ends_in_a_semicolon(path):
    assert not [source(cell) for cell in code(path) if source(cell).rstrip().endswith(";")]


@each(NOTEBOOKS)
def test_no_output_is_exempt_from_comparison(path):
    tags = [tag for cell in read(path)["cells"] for tag in cell["metadata"].get("tags", [])]
    assert not [tag for tag in tags if "nbval" in tag or "raises" in tag]
    assert not re.search(r"NBVAL_(SKIP|IGNORE|RAISES)", "".join(map(source, code(path))))


def lines(cell):
    return len([line for line in source(cell).splitlines() if line.strip()])


def tags(cell):
    return {*cell["metadata"].get("tags", ())}


def folded(cell):
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


@each(NOTEBOOKS)
def test_a_cell_has_one_idea(path):
    assert max(map(lines, code(path))) <= 25


@each(NOTEBOOKS)
def test_code_that_draws_or_asks_is_folded_and_other_code_is_in_sight(path):
    for cell in code(path):
        assert folded(cell) == bool(tags(cell) & {"draw", "ask"}), source(cell)
        asks = re.search(r"mg\.widgets\.(Predict|Exercise|score)\(|\.reveal\(", source(cell))
        assert folded(cell) or not asks, source(cell)
        assert not (folded(cell) and "# your code" in source(cell).lower()), "what a reader completes is in sight"


@each(LESSONS)
def test_what_is_in_sight_of_a_lesson_teaches(path):
    """Ten lines a cell at the most, and four in the median; a network and its training may take 25 once."""
    seen = sorted(lines(cell) for cell in code(path) if not folded(cell) and "machine" not in tags(cell))
    assert seen[-1] <= 10
    assert seen[len(seen) // 2] <= 4
    assert sum(lines(cell) for cell in code(path) if "machine" in tags(cell)) <= 25


@each(LESSONS)
def test_a_lesson_is_taught_in_45_minutes(path):
    everything = "".join(map(source, code(path)))
    assert len(prose(path).split()) <= 1_500
    assert len(code(path)) <= 25  # with those that a reader completes
    assert 1 <= everything.count("mg.widgets.Predict(") <= 3


@each(NOTEBOOKS)
def test_prose_and_code_in_sight_are_about_even(path):
    text = sum(cell["cell_type"] == "markdown" for cell in read(path)["cells"])
    assert 0.7 <= text / sum(not folded(cell) for cell in code(path)) <= 2.5


@each(NOTEBOOKS)
def test_no_path_of_a_machine_is_stored(path):
    assert not re.search(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\", path.read_text("utf-8"))


@each(NOTEBOOKS)
def test_every_picture_has_words(path):
    pages = ["".join(output.get("data", {}).get("text/html", "")) for cell in code(path) for output in cell["outputs"]]
    # What has a caption is told by that too, so a few words do.
    captioned = [part for page in pages for part in re.findall(r"<figure.*?</figcaption></figure>", page, re.DOTALL)]
    alone = [re.sub(r"<figure.*?</figcaption></figure>", "", page, flags=re.DOTALL) for page in pages]
    for parts, least in ((captioned, 10), (alone, 30)):
        images = [tag for part in parts for tag in re.findall(r"<img[^>]*>", part)]
        assert all(len(re.search(r'alt="([^"]*)"', tag)[1]) > least for tag in images)
    assert not [1 for cell in code(path) for output in cell["outputs"] if "image/png" in output.get("data", {})]


@each(NOTEBOOKS)
def test_every_picture_has_paper_of_its_own_so_that_a_dark_page_shows_it_as_a_light_one_does(path):
    for found in re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", path.read_text("utf-8")):
        picture = Image.open(io.BytesIO(base64.b64decode(found)))
        assert picture.mode in ("L", "P", "RGB") and "transparency" not in picture.info


@each(LESSONS)
def test_a_lesson_has_the_frame(path):
    text = prose(path)
    assert re.match(r"# .*\?$", text, re.MULTILINE), "the title is the page's one question"
    doubt = "What is wrong with the joke" if path in PAPER else "What this does not show"
    for heading in (doubt, "Exercises", "Further reading"):
        assert re.search(rf"^## {heading}", text, re.MULTILINE), f"no section {heading!r}"
    assert text.count("<details>") >= 2, "two exercises with their answers"


@each(LESSONS)
def test_every_prediction_is_revealed(path):
    everything = "".join(map(source, code(path)))
    assert everything.count("mg.widgets.Predict(") == everything.count(".reveal(")


def data(cell):
    """What a cell has stored, by kind; it may be one thing only."""
    (output,) = cell["outputs"]
    assert {*output["data"]} == {"text/plain", "text/html"}
    return {kind: "".join(text) for kind, text in output["data"].items()} | {"metadata": output["metadata"]}


@each(LESSONS)
def test_a_stored_question_has_its_options_and_nothing_else(path):
    for cell in code(path):
        if "mg.widgets.Predict(" in source(cell):
            stored = data(cell)
            question, options = re.fullmatch(r"Predict: (.*) \[(.*)\]", stored["text/plain"], re.DOTALL).groups()
            told = html.unescape(re.sub("<[^>]*>", "|", stored["text/html"]))
            ends = re.fullmatch(r"(\S+) to (\S+)", options)
            shown = f"A number from {ends[1]} to {ends[2]}." if ends else options.replace(" | ", "|")
            assert re.sub(r"\|+", "|", told) == f"|Predict.| {question}|{shown}|"
            assert stored["metadata"] == {}


@each(LESSONS)
def test_no_answer_is_stored_before_a_reader_has_predicted(path):
    waiting = "The answer comes here when you have predicted it."
    pages = [data(cell) for cell in code(path) if ".reveal(" in source(cell)]
    assert {page["text/plain"] for page in pages} == {waiting}
    assert {re.sub("<[^>]*>", "", page["text/html"]) for page in pages} == {waiting}
    assert len({page["text/html"] for page in pages}) == 1  # to the last attribute: nothing depends on the answer
    assert not re.search(r"You said|No prediction was made", path.read_text("utf-8"))


def constant(node, given):
    """Whether an expression is the same whatever the page finds; `given` are names with such values."""
    if isinstance(node, ast.IfExp):
        return constant(node.test, given) or node.body == node.orelse
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names <= given


@each(LESSONS)
def test_every_answer_is_computed_and_none_is_written_beside_its_question(path):
    for tree in (ast.parse(source(cell)) for cell in code(path)):
        fixed = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and constant(node.value, fixed):
                fixed |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        asked = [call for call in calls if call.func.attr == "Predict"]
        told = [call for call in calls if call.func.attr == "reveal"]
        assert not (asked and told), "the answer stands in a cell of its own, after the result"
        assert not [ast.unparse(call) for call in told if constant(call.args[0], fixed)]
        for call in asked:  # its cell holds the question, the choices, and no other value
            used = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
            named = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id in used]
            kept = {id(part) for value in (call, *(node.value for node in named)) for part in ast.walk(value)}
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in kept]


@each(LESSONS)
def test_exercises_have_checks_and_the_notebook_ends_with_its_score(path):
    cells = code(path)
    everything = "".join(map(source, cells))
    assert everything.count("mg.widgets.Exercise(") >= 2
    assert source(cells[-1]) == "mg.widgets.score()"
    said = [
        line for cell in cells for output in cell["outputs"] for line in output.get("data", {}).get("text/plain", [])
    ]
    verdicts = [line for line in said if line.startswith("Exercise: ")]
    assert len(verdicts) == everything.count("mg.widgets.Exercise(")
    assert all("No answer yet: " in line or "Not yet. " in line for line in verdicts)
    predictions, exercises = everything.count("mg.widgets.Predict("), len(verdicts)
    assert said[-1] == f"Predicted before the result: 0 of {predictions}. Exercises solved: 0 of {exercises}."


@each(NOTEBOOKS)
def test_sliders_say_their_values_in_words(path):
    assert not re.search(r"\bW\.(Int|Float|FloatLog|Selection)Slider\(", "".join(map(source, code(path))))


@each([path for path in NOTEBOOKS if path.name[:2] != "00"])
def test_a_page_is_found_from_the_first_page_and_a_lesson_from_the_readme_too(path):
    assert f"({path.name})" in prose(FOLDER / "00_start_here.ipynb")
    if path in LESSONS:
        assert f"(notebooks/{path.name})" in (FOLDER.parent / "README.md").read_text("utf-8")


@each(NOTEBOOKS)
def test_links_to_other_notebooks_lead_somewhere(path):
    for target in re.findall(r"\]\(([\w./]+\.ipynb)\)", prose(path)):
        assert (path.parent / target).is_file(), target
