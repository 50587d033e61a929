# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh
#
# What the documents tell their reader to type as root, typed. Each has a home that
# tests/cases/documents has made, where the reader's own part has been done.

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

DOCUMENTS=$PROJECT/Documentation/trace
HOMES=$(dirname "$KERNEL_OBJ")/test/homes

# What a distribution makes of /dev, and a terminal without colours
ln -s /proc/self/fd /dev/fd
export TERM=dumb PAGER=cat
dmesg -n 1

for document in "$DOCUMENTS"/kprobes-*.rst; do
	grep -qE '^[[:space:]]+# ' "$document" || continue
	name=$(basename "$document" .rst)
	export HOME=$HOMES/$name
	cd "$HOME/here" || exit 1
	# The host's channel is not the reader's.
	if "$PROJECT/tests/document-check" '#' "$document" >"/out/$name.log" 2>&1 3>&-; then
		result ok "documents-$name"
	else
		result fail "documents-$name" "$(grep -m 1 '^not ok' "/out/$name.log")"
	fi
	cat "/out/$name.log"
done
exit 0
