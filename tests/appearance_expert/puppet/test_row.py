"""The puppet's row: it runs anywhere, and what names its runs is what it does not depend on."""

from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.puppet.row import PUPPET, PuppetOptions
from pipelines.support.progress import Silent


def test_it_runs_anywhere_and_is_a_draft():
    options = PuppetOptions().validate()
    PUPPET.find(Order("no/such/model"), options)
    assert PUPPET.unusable(Order(), options) == ""
    assert PUPPET.draft


def test_no_model_makes_another_video():
    assert PUPPET.identity(Order("a"), PuppetOptions()) == PUPPET.identity(Order(), PuppetOptions())


def test_why_it_draws_is_told():
    class Listener(Silent):
        def warn(self, message):
            self.heard = message

    listener = Listener()
    assert PUPPET.load(Order(), PuppetOptions(), listener, "no weights are here").name == "puppet"
    assert "draft made by the puppet (no weights are here)" in listener.heard
