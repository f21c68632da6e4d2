from tests.support.terminal import Terminal, demo_terminal


async def test_an_option_that_the_demo_does_not_have_is_refused_in_one_sentence_as_starter_py_does() -> None:
    refused = await demo_terminal().run("--twice")
    assert (refused.code, refused.output) == (2, "")
    assert refused.sentence.startswith("No such option: --twice")
    refused = await demo_terminal().run("--twice", "--json")
    assert refused.code == 2
    assert refused.document["error"]["type"] == "BadCommand"


async def test_the_terminal_knows_no_demo() -> None:
    refused = await Terminal({}).run("demo")
    assert refused.code == 2
    assert "No such command 'demo'" in refused.sentence
