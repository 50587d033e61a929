// SPDX-License-Identifier: GPL-2.0
/*
 * The instructions of forms.S, run in a slot in each way that their class
 * allows, come out as they do at their own address.
 */
#include <signal.h>
#include <string.h>

#include <kprobes/insn.h>

#include "compare.h"
#include "native.h"
#include "test.h"

struct form {
	const u8 *bytes;
	const char *name;
	unsigned long len;
};

extern const struct form forms[], forms_end[];

static void check_form(const struct form *form)
{
	struct kprobe_insn insn;
	struct pt_regs regs;

	TEST("slot: %s", form->name) {
		if (kprobe_classify(&insn, form->bytes, form->len) || insn.len != form->len) {
			test_fail("%s is refused, or not %lu bytes long",
				  hex(form->bytes, form->len), form->len);
		} else if (!(insn.flags & KPROBE_INSN_ANY_SLOT)) {
			test_fail("may not run in a slot");
		} else {
			sane_regs(&regs);
			arena_reset(form->bytes, form->len);
			switch (compare(&insn, &regs)) {
			case SIGTRAP:
			case 0:
				break;
			case SIGILL:
				test_skip("this CPU does not have it");
				break;
			default:
				test_fail("faults already at its own address");
			}
		}
	}
}

void slot_tests(void)
{
	const struct form *form;

	for (form = forms; form < forms_end; form++)
		check_form(form);
}
