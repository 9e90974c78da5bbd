"""What was handed in is found in each shape that it comes in, and nothing hostile is followed, unpacked or opened."""
import io
import os
import stat
import unicodedata
import zipfile

import pytest

from course_lib.errors import CourseError
from course_lib.grading import entries, submissions
from course_lib.grading.submissions import find, slug


def zipped(files: dict[str, bytes], **settings) -> bytes:
    """A zip that holds these files; a name may be a ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return file.getvalue()


def laid(folder, files: dict[str, bytes]):
    """The folder with these files in it."""
    for name, held in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)
    return folder


def contents(path) -> dict[str, list[bytes]]:
    """{student: what their notebooks hold, in order}."""
    return {one.student: [entry.read() for entry in one.notebooks] for one in find(path)[0]}


def only(path):
    """The one submission there."""
    (found,), _ = find(path)
    return found


SHAPES = {
    "folders": ({"ada/06.ipynb": b"1", "bob/deep/in/06.ipynb": b"2", "bob/05.ipynb": b"0", "roster.csv": b""},
                {"ada": [b"1"], "bob": [b"0", b"2"]}),
    "flat": ({"ada.ipynb": b"1", "bob.ipynb": b"2", "README.txt": b""}, {"ada": [b"1"], "bob": [b"2"]}),
    "zips": ({"ada.zip": zipped({"my work/06.ipynb": b"1"}), "bob/all.zip": zipped({"06.ipynb": b"2"})},
             {"ada": [b"1"], "bob": [b"2"]}),
    "canvas": ({"adalovelace_4711_99_06_lora.ipynb": b"1", "bobsmith_LATE_12_98_06_lora.ipynb": b"old",
                "bobsmith_LATE_12_101_06_lora-2.ipynb": b"2", "bobsmith_12_99_06_lora-1.ipynb": b"older",
                "eve_13_7_lesson-6.ipynb": b"6", "eve_13_8_lesson-7.ipynb": b"7", "eve_13_9_lesson-10.ipynb": b"10",
                "zoe_14_3_work.zip": zipped({"a.ipynb": b"old"}), "zoe_14_4_work-1.zip": zipped({"a.ipynb": b"z"})},
               {"adalovelace_4711": [b"1"], "bobsmith_12": [b"2"], "eve_13": [b"6", b"7", b"10"], "zoe_14": [b"z"]}),
    "moodle": ({"Ada Lovelace_1234_assignsubmission_file_/06.ipynb": b"1", "Ada Lovelace_1235_assignsubmission_file/"
                "06.ipynb": b"2", "Zoë O'Hara_7_assignsubmission_file_06.ipynb": b"3"},
               {"Ada Lovelace_1234": [b"1"], "Ada Lovelace_1235": [b"2"], "Zoë O'Hara_7": [b"3"]}),
    "left aside": ({"ada/.ipynb_checkpoints/06-checkpoint.ipynb": b"0", "ada/06.ipynb": b"1", "ada/._06.ipynb": b"0",
                    "__MACOSX/ada/._06.ipynb": b"0", ".git/06.ipynb": b"0"}, {"ada": [b"1"]}),
    "copies": ({"ada/06 (2).ipynb": b"3", "ada/06 (10).ipynb": b"4", "ada/06.ipynb": b"1"},
               {"ada": [b"1", b"3", b"4"]}),
    "names": ({"student 7/06.ipynb": b"1", "😀/06.ipynb": b"2", "<script>alert(1)<&script>/06.ipynb": b"3",
               "a\nb/06.ipynb": b"4", "Ada/1.ipynb": b"5", "ada/1.ipynb": b"6"},
              {"student 7": [b"1"], "😀": [b"2"], "<script>alert(1)<&script>": [b"3"], "a\nb": [b"4"], "Ada": [b"5"],
               "ada": [b"6"]})}


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of a folder"])
@pytest.mark.parametrize("files, expected", SHAPES.values(), ids=SHAPES)
def test_each_shape_is_understood_as_a_folder_and_as_a_zip(tmp_path, kind, files, expected):
    if kind == "folder":
        path = laid(tmp_path / "in", files)
    else:
        path = tmp_path / "class 06 (1).zip"
        path.write_bytes(zipped({("class 06/" if kind != "zip" else "") + name: held for name, held in files.items()}))
    before = sorted(tmp_path.rglob("*"))
    assert contents(path) == expected
    assert sorted(tmp_path.rglob("*")) == before, "something was unpacked"


def test_who_is_late_by_the_names_that_canvas_gives(tmp_path):
    laid(tmp_path, {"ada_LATE_1_9_06.ipynb": b"1", "bob_2_8_06.ipynb": b"2", "eve_LATE/06.ipynb": b"3",
                    "zoe_LATE_4_1_06.ipynb": b"old", "zoe_4_7_06-1.ipynb": b"4"})
    assert [one.student for one in find(tmp_path)[0] if one.late] == ["ada_1"]


def test_a_notebook_of_the_course_beside_the_submissions_is_nobodys(tmp_path):
    laid(tmp_path, {"06_lora.ipynb": b"1", "ada/06_lora.ipynb": b"2", "06_lora_ada.ipynb": b"3"})
    found, aside = find(tmp_path, ["06_lora"])
    assert [one.student for one in found] == ["06_lora_ada", "ada"] and aside == ["06_lora.ipynb"]
    assert [one.student for one in find(tmp_path / "06_lora.ipynb", ["06_lora"])[0]] == ["06_lora"]


@pytest.mark.parametrize("files", [{"ada_1_9_06.ipynb": b"1", "bob_2_8_06.ipynb": b"2"},
                                   {"ada/06.ipynb": b"1", "bob/06.ipynb": b"2"}])
def test_a_lone_zip_of_a_class_in_a_folder_is_not_taken_for_one_student(tmp_path, files):
    laid(tmp_path, {"class.zip": zipped(files)})
    with pytest.raises(CourseError, match="give class.zip itself"):
        find(tmp_path)
    assert len(find(tmp_path / "class.zip")[0]) == 2
    laid(tmp_path, {"eve.ipynb": b"3"})
    assert len(find(tmp_path)[0]) == 2, "one student's zip among others stops nobody"


def test_files_of_nobody_are_named(tmp_path):
    assert find(laid(tmp_path, {"ada.ipynb": b"", "roster.csv": b""}))[1] == ["roster.csv"]


@pytest.mark.parametrize("files", [{}, {"roster.csv": b""}])
def test_nothing_handed_in_is_an_error(tmp_path, files):
    with pytest.raises(CourseError, match="no submission"):
        find(laid(tmp_path, files))


@pytest.mark.parametrize("name", ["none", "class.zip", "notes.txt"])
def test_what_is_neither_folder_nor_zip_is_refused(tmp_path, name):
    if name != "none":
        (tmp_path / name).write_bytes(b"PK\3\4 damaged")
    with pytest.raises(CourseError, match="Give"):
        find(tmp_path / name)


@pytest.mark.parametrize("name", ["../evil/06.ipynb", "/etc/06.ipynb", "C:\\06.ipynb", "ada/../../../06.ipynb",
                                  "..\\..\\06.ipynb"])
def test_a_name_that_leads_out_of_a_zip_is_not_read(tmp_path, name):
    (tmp_path / "ada.zip").write_bytes(zipped({name: b"evil", "06.ipynb": b"1"}))
    found = only(tmp_path)
    assert [entry.read() for entry in found.notebooks] == [b"1"] and "leads out" in found.notes[0]


def test_links_are_not_followed_in_folders_and_zips(tmp_path):
    secret = laid(tmp_path / "secret", {"06.ipynb": b"secret"})
    root = laid(tmp_path / "in", {"ada/05.ipynb": b"1"})
    os.symlink(secret / "06.ipynb", root / "ada" / "06.ipynb")
    os.symlink(secret, root / "bob")
    os.symlink(secret / "06.ipynb", root / "eve.ipynb")
    link = zipfile.ZipInfo("06.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (root / "zoe.zip").write_bytes(zipped({link: str(secret / "06.ipynb").encode()}))
    assert contents(root) == {"ada": [b"1"], "bob": [], "eve": [], "zoe": []}
    for one in find(root)[0]:
        assert "a link" in " ".join(one.notes), one


def test_a_file_that_becomes_a_link_after_it_was_found_is_not_read(tmp_path):
    root = laid(tmp_path / "in", {"ada/06.ipynb": b"1"})
    (entry,) = only(root).notebooks
    (root / "ada" / "06.ipynb").unlink()
    os.symlink(laid(tmp_path, {"secret": b"s"}) / "secret", root / "ada" / "06.ipynb")
    with pytest.raises(CourseError, match="cannot be read"):
        entry.read()


def test_pipes_and_devices_are_not_opened(tmp_path):
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / "06.ipynb")
    assert "no plain file" in only(tmp_path).problem


def test_a_large_notebook_is_not_read(tmp_path):
    laid(tmp_path, {"ada/06.ipynb": b" " * (50 * 2**20), "bob/06.ipynb": b" " * entries.LARGEST})
    ada, bob = find(tmp_path)[0]
    with pytest.raises(CourseError, match="larger than 20 MB"):
        ada.notebooks[0].read()
    assert len(bob.notebooks[0].read()) == entries.LARGEST


def lying(data: bytes, size: int) -> bytes:
    """The zip of one file, saying in its list that the file has this size."""
    at = data.rfind(b"PK\1\2") + 24
    return data[:at] + size.to_bytes(4, "little") + data[at + 4:]


@pytest.mark.parametrize("held, why", [
    (zipped({"06.ipynb": b"\0" * 2**28}), "larger than 20 MB"),
    (zipped({"inner.zip": zipped({"06.ipynb": b"1"})}), "zip in a zip"),
    (zipped({f"{number}.ipynb": b"1" for number in range(submissions.MOST_NOTEBOOKS + 1)}), "101 notebooks"),
    (zipped({f"{number}.txt": b"" for number in range(entries.MOST_ENTRIES + 1)}), "more than 10,000 files"),
    (zipped({"a/" * 30 + "06.ipynb": b"1"}), "too deep"),
    (zipped({"06.ipynb": b"1" * 1000})[:-40], "no zip"), (b"", "no zip"), (b"PK\5\6", "no zip"),
    (zipped({"notes.txt": b"1"}), "holds only: ada.zip/notes.txt"), (zipped({}), "empty")],
    ids=["bomb", "inside a zip", "notebooks", "files", "deep", "cut", "nothing", "start only", "notes", "empty"])
def test_a_bomb_or_a_broken_zip_gets_a_reason_and_stops_nobody(tmp_path, held, why):
    laid(tmp_path, {"ada.zip": held, "bob.ipynb": b"1"})
    ada, bob = find(tmp_path)[0]
    try:
        said = ada.problem or str([entry.read() for entry in ada.notebooks])
    except CourseError as error:
        said = str(error)
    assert why.lower() in said.lower() and [entry.read() for entry in bob.notebooks] == [b"1"]


def test_a_zip_that_lies_about_a_size_or_is_damaged_inside_gets_a_reason(tmp_path):
    honest = zipped({"06.ipynb": b"\0" * 2**26})
    laid(tmp_path, {"ada.zip": lying(honest, 10), "bob.zip": honest[:60] + b"\xff" * 20 + honest[80:]})
    for one in find(tmp_path)[0]:
        with pytest.raises(CourseError, match="larger|cannot be read"):
            one.notebooks[0].read()


def test_an_encrypted_zip_gets_a_reason(tmp_path):
    data = bytearray(zipped({"06.ipynb": b"1"}))
    data[data.rfind(b"PK\1\2") + 8] |= 1
    (tmp_path / "ada.zip").write_bytes(data)
    assert "encrypted" in only(tmp_path).problem


def test_a_folder_of_endless_files_or_depth_gets_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "MOST_ENTRIES", 25)
    laid(tmp_path, {**{f"ada/{number}.txt": b"" for number in range(40)}, "bob/06.ipynb": b"1",
                    "eve/" + "a/" * 30 + "06.ipynb": b"1"})
    ada, bob, eve = find(tmp_path)[0]
    assert "more than 25 files" in ada.problem and bob.notebooks and "too deep" in eve.problem


def test_names_in_zips_of_older_tools_are_read_as_utf_8(tmp_path):
    (tmp_path / "class.zip").write_bytes(zipped({"Zoë/06.ipynb": b"1"}).replace(b"\0\x08", b"\0\0"))
    assert [one.student for one in find(tmp_path / "class.zip")[0]] == ["Zoë"]


def test_a_name_that_is_no_text_can_be_written(tmp_path):
    os.mkdir(os.fsencode(tmp_path) + b"/\xff\xfe")
    only(tmp_path).student.encode("utf-8")


def test_names_that_look_alike_are_two_students_with_a_note(tmp_path):
    names = ["Ada", "ada", unicodedata.normalize("NFC", "Zoé"), unicodedata.normalize("NFD", "Zoé"), "bob"]
    found = find(laid(tmp_path, {f"{name}/06.ipynb": name.encode() for name in names}))[0]
    assert {one.student: bool(one.notes) for one in found} == {name: name != "bob" for name in names}


HARD = ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "Ada", "ada", "ADA", "é",
        unicodedata.normalize("NFD", "é"),
        "con", "nul.txt", "a.", " a", "a\n", "😀", "<b>", "x" * 300, "x" * 301, "\udcff", slug("Ada"), "a~b",
        "-a", "$(id)"]


def test_a_slug_is_safe_and_each_student_has_one_of_their_own():
    found = [slug(name) for name in HARD]
    assert len({one.casefold() for one in found}) == len(HARD)
    for one in found:
        assert one.isascii() and len(one) < 80 and not set(one) & set("/\\<>:\"|?* \n&'$") and one[0] not in ".-", one
    assert slug("student-07") == "student-07" and slug("Ada").startswith("ada~") and slug("con") != "con"
