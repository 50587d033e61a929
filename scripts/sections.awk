# SPDX-License-Identifier: GPL-2.0
#
# Take a patch apart: awk -v dir=DIR -f sections.awk PATCH
#
# DIR/header	up to and with the line `---`
# DIR/NNN	what the patch does to one file, as it stands in the patch
# DIR/index	a line a section: NNN, kind (new, rename, edit), path after the patch
#
# The diffstat between header and first section goes. A hunk is followed by
# its count of lines: text within one may look like the start of another file.

function start_section()
{
	end_section()
	section = sprintf("%03d", ++count)
	kind = "edit"
	path = ""
	marked = 0
}

function end_section()
{
	if (section == "")
		return
	if (path == "") {
		print FILENAME ": section " section " names no file" > "/dev/stderr"
		exit failed = 1
	}
	print section, kind, path > (dir "/index")
	close(dir "/" section)
}

# The name after `+++ `, without the first directory and without a date
function file_name(line)
{
	sub(/^[^ ]+ +/, "", line)
	sub(/\t.*/, "", line)
	sub(/^[^\/]*\//, "", line)
	return line
}

function hunk_lines(range)
{
	return range ~ /,/ ? substr(range, index(range, ",") + 1) + 0 : 1
}

!in_body {
	print > (dir "/header")
	if ($0 == "---")
		in_body = 1
	next
}

before > 0 || after > 0 {
	if (/^-/)
		before--
	else if (/^\+/)
		after--
	else if (!/^\\/) {
		before--
		after--
	}
	print > (dir "/" section)
	next
}

/^diff --git / || /^Index: / || (/^--- / && (section == "" || marked)) { start_section() }
/^--- /		{ marked = 1; if ($2 == "/dev/null") kind = "new" }
/^\+\+\+ /	{ if ($2 != "/dev/null") path = file_name($0) }
/^--- [^\/]/	{ path = file_name($0) }
/^rename to /	{ kind = "rename"; path = substr($0, 11) }
/^@@ /		{
	before = hunk_lines($2)
	after = hunk_lines($3)
	if (kind == "rename")
		kind = "edit"
}
section != ""	{ print > (dir "/" section) }

END {
	if (!failed)
		end_section()
	if (!in_body) {
		print FILENAME ": no line `---` ends the header" > "/dev/stderr"
		failed = 1
	}
	exit failed
}
