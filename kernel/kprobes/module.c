// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: text that goes away, with a module or with the kernel's boot.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <asm/sections.h>

#include "internal.h"

static void kprobe_module_text_gone(struct module *mod, enum mod_mem_type type)
{
	unsigned long start = (unsigned long)mod->mem[type].base;
	unsigned long end = start + mod->mem[type].size;

	if (!start)
		return;
	kprobe_sites_gone(start, end);
	kprobe_blacklist_remove(start, end);
}

static int kprobe_module_event(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	switch (state) {
	case MODULE_STATE_COMING:
		return notifier_from_errno(kprobe_blacklist_add_module(mod));
	case MODULE_STATE_LIVE:
		kprobe_module_text_gone(mod, MOD_INIT_TEXT);
		break;
	case MODULE_STATE_GOING:
		kprobe_module_text_gone(mod, MOD_INIT_TEXT);
		kprobe_module_text_gone(mod, MOD_TEXT);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block kprobe_module_nb = {
	.notifier_call	= kprobe_module_event,
	/* Before others that put probes: they shall find the blacklist ready. */
	.priority	= 1,
};

/**
 * kprobe_free_init_mem() - the kernel's init text is about to be freed
 *
 * Context: once, at the end of boot.
 */
void kprobe_free_init_mem(void)
{
	kprobe_sites_gone((unsigned long)__init_begin, (unsigned long)__init_end);
}

/**
 * kprobe_module_init() - start to follow modules
 *
 * Context: once at boot.
 * Return: 0, or the notifier's error.
 */
int __init kprobe_module_init(void)
{
	return register_module_notifier(&kprobe_module_nb);
}
