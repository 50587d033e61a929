// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: where kgdb may put a breakpoint.
 *
 * kgdb saves the byte that its breakpoint replaces, and writes it back later. If
 * that byte were of our breakpoint or jump, it could come back after the probe has
 * gone; and a jump with a breakpoint in its distance leads anywhere. So kgdb gets no
 * breakpoint in what a site may change, whether the site is armed or not. If kgdb's
 * was first, code.c finds it, and there is no site.
 */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/kgdb.h>
#include <linux/printk.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* The first byte of a jump, and 15 bytes of an instruction that begins in the last. */
#define KPROBE_HELD_MAX		(JMP32_INSN_SIZE - 1 + MAX_INSN_SIZE)

/* It is asked for leave before each breakpoint. */
DECLARE_BITMAP(kprobe_kgdb_ever, 1 << KPROBE_KGDB_BITS);

static unsigned int kprobe_held(const struct kprobe_site *site)
{
	if (site->on_ftrace)
		return INT3_INSN_SIZE;
	return max(site->arch.span, site->arch.insn.len);
}

/* Also within the debugger, while all other CPUs are stopped. */
static bool kprobe_holds(unsigned long addr)
{
	const struct kprobe_site *site;
	unsigned long before;

	guard(rcu)();
	for (before = 0; before < KPROBE_HELD_MAX; before++) {
		site = kprobe_site_lookup(addr - before);
		if (site && before < kprobe_held(site))
			return true;
	}
	return false;
}

/**
 * kgdb_validate_break_address() - check whether kgdb may put a breakpoint
 * @addr: where
 *
 * Replaces the weak function of kgdb, and tries the breakpoint as that does.
 *
 * Context: any.
 * Return: 0; -EINVAL if the address is blacklisted, or if a site holds it; else the
 * error of the attempt.
 */
int kgdb_validate_break_address(unsigned long addr)
{
	struct kgdb_bkpt bpt = { .bpt_addr = addr };
	int err;

	if (kgdb_within_blocklist(addr) || kprobe_holds(addr))
		return -EINVAL;
	err = kgdb_arch_set_breakpoint(&bpt);
	if (err)
		return err;
	set_bit(hash_long(addr, KPROBE_KGDB_BITS), kprobe_kgdb_ever);
	err = kgdb_arch_remove_breakpoint(&bpt);
	if (err)
		pr_err("kprobes: the breakpoint of kgdb at %pS cannot be removed\n", (void *)addr);
	return err;
}
