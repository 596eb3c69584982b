"""What each web host wants to be told: the same headers and lifetimes, in its own words."""

import json
from collections.abc import Mapping

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"
_TYPES = ("Content-Type", "Cache-Control")  # a host gives the first by a file's name, the second by its place


def configuration(headers: Mapping[str, str]) -> dict[str, str]:
    """Files that configure hosts.

    Args:
        headers: response headers of the page.

    Returns:
        Address in the site -> text.
    """
    common = {name: value for name, value in headers.items() if name not in _TYPES}
    return {
        "_headers": _headers_file(common),
        "vercel.json": _vercel(common),
        "hosting/nginx.conf": _nginx(common),
        "hosting/Caddyfile": _caddy(common),
        ".nojekyll": "",  # GitHub Pages serves the folder as it is
    }


def _headers_file(common: Mapping[str, str]) -> str:
    """Cloudflare Pages and Netlify. Both have files asked for again where nothing else is said."""
    lines = ["/*", *(f"  {name}: {value}" for name, value in common.items())]
    return "\n".join([*lines, "/assets/*", f"  Cache-Control: {IMMUTABLE}", ""])


def _vercel(common: Mapping[str, str]) -> str:
    def rule(source: str, headers: Mapping[str, str]) -> dict[str, object]:
        return {"source": source, "headers": [{"key": name, "value": value} for name, value in headers.items()]}

    rules = [rule("/(.*)", common), rule("/assets/(.*)", {"Cache-Control": IMMUTABLE})]
    return json.dumps({"headers": rules}, indent=1) + "\n"


def _nginx(common: Mapping[str, str]) -> str:
    headers = "\n".join(f'    add_header {name} "{value}" always;' for name, value in common.items())
    return f"""\
# Put into nginx's conf.d (or sites-enabled), with your own port, name and root.
map $uri $dawg_lifetime {{
    ~/assets/ "{IMMUTABLE}";
    default "{FRESH}";
}}

server {{
    listen 8080;
    root /var/www/dawg;
    index index.html;

    include mime.types;
    types {{
        application/wasm wasm;
        text/javascript js mjs;
        application/manifest+json webmanifest;
        audio/flac flac;
    }}
    gzip_static on;
    # With the module ngx_brotli (Debian: libnginx-mod-http-brotli-static):
    # brotli_static on;

    add_header Cache-Control $dawg_lifetime always;
{headers}

    location / {{
        try_files $uri $uri/ =404;
    }}
}}
"""


def _caddy(common: Mapping[str, str]) -> str:
    headers = "\n".join(f'        {name} "{value}"' for name, value in common.items())
    return f"""\
# With your own address and root.
:8080 {{
    root * /var/www/dawg
    @assets path */assets/*
    @others not path */assets/*
    header @assets Cache-Control "{IMMUTABLE}"
    header @others Cache-Control "{FRESH}"
    @app path *.webmanifest
    header @app Content-Type application/manifest+json
    header {{
{headers}
    }}
    file_server {{
        precompressed br gzip
    }}
}}
"""
