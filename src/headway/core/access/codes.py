"""Codes that people read from paper: three words and two digits, derived from the site's secret.

A code is never stored. Its words come from HMAC-SHA256 over the purpose, the owner and a number, so that a card can be
printed again; what is stored is another HMAC of the code, to find its owner. 227 words three times and 90 numbers make
a thousand million codes; guessing is slowed by throttling, and a lost card is replaced by the next number.
"""

from __future__ import annotations

import hashlib
import hmac
import re

# A list of 227 quoted strings would be 227 lines; as text the words can be read and checked at a glance.
WORDS = tuple(
    """
    acorn amber anchor apple april arrow aspen atlas autumn badge bagel baker bamboo banana barley basil basket beach
    beacon bear beaver berry birch bird bison blanket bloom boat book boot bottle branch bread breeze brick bridge brook
    brush bubble bucket butter button cabin cactus camel camera candle canoe canvas carbon carrot castle cedar cello
    cereal chalk cherry circle citrus clay cloud clover cobalt cocoa comet compass copper coral corn cotton crab crayon
    creek cricket crown crystal daisy dawn deer delta desert dolphin donkey dove dragon drum eagle earth echo ember
    falcon feather fern fiddle field finch fire fjord flag flute forest fossil fountain fox frost galaxy garden garlic
    ginger giraffe glacier globe goose grape grass gravel guitar harbor harp hawk hazel heron hill honey horizon horse
    island ivory jacket jasmine jelly juniper kayak kettle kite koala ladder lagoon lamp lantern lark laurel leaf lemon
    lentil light lily lime linen lion lizard llama lotus lunar magnet mango maple marble marsh meadow melon mint mirror
    mitten moose morning moss mountain mural music napkin nectar needle nest noodle north oak oasis oat ocean olive
    onion opal orange orbit orchard otter oyster paddle palm panda panther paper parrot path peach pear pebble pencil
    pepper piano pigeon pillow pine planet plum pocket pond poppy potato prairie puffin pumpkin quartz quilt rabbit
    raccoon radio rain raven reef ribbon rice river robin rocket rose
    """.split()  # noqa: SIM905
)
_SHAPE = re.compile(r"[^a-z0-9]+")


def _digest(secret: str, purpose: str, text: str) -> bytes:
    return hmac.new(secret.encode(), f"{purpose}\x1f{text}".encode(), hashlib.sha256).digest()


def code_for(secret: str, purpose: str, owner: str, number: int) -> str:
    """Return the code of `owner`'s card `number`, such as "otter-lamp-river-42"."""
    digest = _digest(secret, f"{purpose}-code", f"{owner}\x1f{number}")
    words = [WORDS[int.from_bytes(digest[i * 2 : i * 2 + 2], "big") % len(WORDS)] for i in range(3)]
    return "-".join([*words, str(10 + int.from_bytes(digest[8:10], "big") % 90)])


def tidy_code(typed: str) -> str:
    """Return a typed code in its written form: lower case, words joined by hyphens."""
    return _SHAPE.sub("-", typed.strip().lower()).strip("-")


def code_hash(secret: str, purpose: str, code: str) -> str:
    """Return what is stored instead of the code."""
    return _digest(secret, f"{purpose}-hash", tidy_code(code)).hex()
