#!/bin/sh
# Puts axe.min.js, axe-core's check of pages against WCAG, into the folder named as the argument. It
# travels in a wheel on PyPI; wheel and script are held to their digests. It is used by the tests
# alone and is no part of what is installed. A wheel that lies in the folder already is not fetched.
set -eu

folder=$1
wheel=axe_playwright_python-0.1.8-py3-none-any.whl
host=https://files.pythonhosted.org/packages/4c/c6
url=$host/5fdb6d5d96653927b6a4763a4b7aaa9e468d4a6eda5048b7c2e158d17bc9/$wheel
wheel_digest=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8
script_digest=84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc

# Whether the file $2 is there with the digest $1.
holds() { echo "$1  $2" | sha256sum --check --status 2>/dev/null; }

fail() {
  echo "fetch-axe.sh: $1; put $url into $folder by hand" >&2
  exit 1
}

holds $script_digest "$folder/axe.min.js" && exit 0
mkdir -p "$folder"
if ! holds $wheel_digest "$folder/$wheel"; then
  echo "Fetching: $wheel"
  curl --fail --silent --show-error --location --retry 5 --retry-all-errors --connect-timeout 20 \
    --max-time 300 --output "$folder/$wheel" "$url" ||
    # A machine with an index of its own knows it through pip.
    python3 -m pip download --quiet --no-deps --dest "$folder" axe-playwright-python==0.1.8 ||
    fail "PyPI gave no $wheel"
  holds $wheel_digest "$folder/$wheel" || fail "$folder/$wheel has another SHA-256 than expected"
fi
unzip -q -o -j "$folder/$wheel" axe_playwright_python/axe.min.js -d "$folder"
holds $script_digest "$folder/axe.min.js" || fail "axe.min.js has another SHA-256 than expected"
