"""What S3 holds below a prefix, and copies that S3 makes by itself."""
import html
import re
import urllib.parse
from typing import Dict, NamedTuple, Set

from .s3 import ATTEMPTS, S3, Location, S3Error, error_from
from .sigv4 import quote

# S3 copies no larger object in one request.
LARGEST_COPY = 5 << 30


class Listed(NamedTuple):
    size: int
    etag: str
    modified: str


class NoListing(S3Error):
    """The answer is no listing, as that of a proxy, or a part of one. What it lacks would be taken for free names, so it counts
    as no answer; a later one may be good."""

    def __init__(self, at: Location, problem: str) -> None:
        super().__init__(200, "ListingUnusable", "S3, or a proxy before it, answers the listing with %s. Check the proxy and the "
                         "endpoint of this machine; the guard tries again" % problem, at.uri())
        self.passing = True


def listing(s3: S3, bucket: str, prefix: str, attempts: int = ATTEMPTS) -> Dict[str, Listed]:
    """All objects whose keys begin with the prefix."""
    found: Dict[str, Listed] = {}
    at = Location(bucket, prefix)
    token, tokens = "", set()  # type: str, Set[str]
    while True:
        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
        if token:
            query["continuation-token"] = token
        text = s3.call("GET", Location(bucket, ""), query, attempts=attempts).body.decode("utf-8", "replace")
        if "<ListBucketResult" not in text or "</ListBucketResult>" not in text:
            raise NoListing(at, "something else")
        for item in re.findall(r"<Contents>(.*?)</Contents>", text, re.S):
            field = dict(re.findall(r"<(Key|Size|ETag|LastModified)>(.*?)</\1>", item, re.S))
            if not field.get("Key") or not re.match(r"[0-9]{1,18}\Z", field.get("Size", "")) or "LastModified" not in field:
                raise NoListing(at, "an object without key, size or time")
            key = urllib.parse.unquote_plus(html.unescape(field["Key"]))
            found[key] = Listed(int(field["Size"]), html.unescape(field.get("ETag", "")), field["LastModified"])
        if "<IsTruncated>true" not in text:
            return found
        following = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", text)
        token = html.unescape(following.group(1)) if following else ""
        if not token or token in tokens:
            raise NoListing(at, "a part that names no next one")
        tokens.add(token)


def copy(s3: S3, source: Location, target: Location) -> str:
    """The ETag of the copy. An error can stand inside a 200."""
    answer = s3.call("PUT", target, headers={"x-amz-copy-source": quote("/%s/%s" % source, "-_.~/")}, timeout=60.0)
    if b"<Error>" in answer.body:
        raise error_from(answer, target, s3.region)
    match = re.search(r"<ETag>(.*?)</ETag>", answer.body.decode("utf-8", "replace"))
    return html.unescape(match.group(1)) if match else ""
