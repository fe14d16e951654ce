"""What S3 holds below a prefix, and copies that S3 makes by itself."""
import html
import re
import urllib.parse
from typing import Dict, NamedTuple

from .s3 import ATTEMPTS, S3, Location, error_from
from .sigv4 import quote

# S3 copies no larger object in one request.
LARGEST_COPY = 5 << 30


class Listed(NamedTuple):
    size: int
    etag: str
    modified: str


def listing(s3: S3, bucket: str, prefix: str, attempts: int = ATTEMPTS) -> Dict[str, Listed]:
    """All objects whose keys begin with the prefix."""
    found: Dict[str, Listed] = {}
    token = ""
    while True:
        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
        if token:
            query["continuation-token"] = token
        text = s3.call("GET", Location(bucket, ""), query, attempts=attempts).body.decode("utf-8")
        for item in re.findall(r"<Contents>(.*?)</Contents>", text, re.S):
            field = dict(re.findall(r"<(Key|Size|ETag|LastModified)>(.*?)</\1>", item, re.S))
            key = urllib.parse.unquote_plus(html.unescape(field["Key"]))
            found[key] = Listed(int(field["Size"]), html.unescape(field.get("ETag", "")), field["LastModified"])
        following = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", text)
        if not following or "<IsTruncated>true" not in text:
            return found
        token = html.unescape(following.group(1))


def copy(s3: S3, source: Location, target: Location) -> str:
    """The ETag of the copy. An error can stand inside a 200."""
    answer = s3.call("PUT", target, headers={"x-amz-copy-source": quote("/%s/%s" % source, "-_.~/")}, timeout=60.0)
    if b"<Error>" in answer.body:
        raise error_from(answer, target, s3.region)
    match = re.search(r"<ETag>(.*?)</ETag>", answer.body.decode("utf-8", "replace"))
    return html.unescape(match.group(1)) if match else ""
