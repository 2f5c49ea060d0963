"""Pages about content: `listings` of repositories, one `repository` and its tags, `images`, `settings`.

Each view translates in, makes one rules call for its own matter, and translates out. What is private to others and
what is absent give the same 404; what one may see but not do is 403, or the way to sign in.
"""

from __future__ import annotations
