// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: text that goes away, with a module or with the kernel's boot.
 *
 * What may be probed of a module follows what its notifier has told:
 *
 *	state		told		probes
 *	UNFORMED			none: it has no text that one could name
 *	COMING		not yet		none: its blacklist is not known
 *	COMING		COMING		all its text
 *	LIVE		COMING, LIVE	all but its init text, which is freed
 *	GOING		GOING		none
 *
 * If there is no memory for what must be known of its text (the blacklist, what the
 * kernel patches), the module is loaded all the same, and probes in it are refused.
 *
 * In struct module, mem[MOD_TEXT] is constant from before COMING until after GOING.
 * mem[MOD_INIT_TEXT] is read only in a notifier or, under kprobe_mutex, while the
 * state is COMING: do_init_module() clears it after the notification LIVE, which waits
 * for kprobe_mutex. Otherwise, text that is not in mem[MOD_TEXT] is taken for init text.
 *
 * A probe does not keep its module: only register_kprobe() holds a reference,
 * until the site is in the table. From then on it is the notifier that sees to
 * it that no probe outlives the text.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/sections.h>

#include "internal.h"

/**
 * kprobe_free_init_mem() - the kernel's init text is about to be freed
 *
 * It does not run any more, and can no longer be written as kernel text.
 *
 * Context: once, at the end of boot.
 */
void kprobe_free_init_mem(void)
{
	kprobe_sites_gone((unsigned long)__init_begin, (unsigned long)__init_end);
	kprobe_reserved_remove((unsigned long)__init_begin);
}

#ifdef CONFIG_MODULES

/**
 * struct kprobe_coming - a module that has been notified as COMING
 * @list: in kprobe_coming, until the notification LIVE if the module is known, otherwise
 *	until GOING. kprobe_mutex
 * @mod: the module. Its state cannot be used: it is COMING before the notification, and
 *	also after GOING, if its loading fails
 * @known: there was memory for what must be known of its text
 */
struct kprobe_coming {
	struct list_head list;
	const struct module *mod;
	bool known;
};

static LIST_HEAD(kprobe_coming);	/* kprobe_mutex */

/**
 * kprobe_in_module_text() - check whether an address is in text that stays
 * @addr: the address
 * @mod: the module, which stays
 *
 * Unlike within_module_init(), this can be called while do_init_module() clears
 * the ranges of what it frees.
 *
 * Context: any.
 * Return: true if it is in text, and not in init text.
 */
bool kprobe_in_module_text(unsigned long addr, const struct module *mod)
{
	const struct module_memory *text = &mod->mem[MOD_TEXT];

	return addr - (unsigned long)text->base < text->size;
}

static struct kprobe_coming *kprobe_find_coming(const struct module *mod)
{
	struct kprobe_coming *coming;

	lockdep_assert_held(&kprobe_mutex);

	list_for_each_entry(coming, &kprobe_coming, list) {
		if (coming->mod == mod)
			return coming;
	}
	return NULL;
}

/**
 * kprobe_module_check() - check whether there can be a probe at an address of a module
 * @mod: the module, to which a reference is held
 * @addr: the address, in text of it
 *
 * Context: kprobe_mutex.
 * Return: KPROBE_OK, or why there can be none now.
 */
enum kprobe_refusal kprobe_module_check(const struct module *mod, unsigned long addr)
{
	const struct kprobe_coming *coming = kprobe_find_coming(mod);

	if (coming && !coming->known)
		return KPROBE_NO_MEMORY;
	/* Before it has come, its blacklist is not known. */
	if (mod->state == MODULE_STATE_COMING)
		return coming ? KPROBE_OK : KPROBE_MODULE_COMING;
	return kprobe_in_module_text(addr, mod) ? KPROBE_OK : KPROBE_MODULE_INIT;
}

/**
 * kprobe_module_hold() - keep the module of an address, so that its text stays
 * @addr: the address, not of the kernel's own text
 * @result: where to return the module, with a reference for the caller to drop
 *
 * Context: kprobe_mutex.
 * Return: KPROBE_OK, or why there can be no probe now.
 */
enum kprobe_refusal kprobe_module_hold(unsigned long addr, struct module **result)
{
	enum kprobe_refusal refusal;
	struct module *mod;

	guard(preempt)();
	mod = __module_text_address(addr);
	if (!mod)
		return KPROBE_NOT_TEXT;
	if (!try_module_get(mod))
		return KPROBE_MODULE_GOING;
	refusal = kprobe_module_check(mod, addr);
	if (refusal)
		module_put(mod);
	else
		*result = mod;
	return refusal;
}

#ifdef CONFIG_LIVEPATCH
/**
 * kprobe_klp_relocates() - check some bytes of a livepatch module for relocations
 * @info: what is known of the module
 * @start: the first of the bytes
 * @end: after the last
 *
 * Those for vmlinux were done when the module was loaded; those for a module are
 * done when that is loaded, and undone when it goes.
 *
 * Return: true if one of the latter begins there.
 */
bool kprobe_klp_relocates(const struct klp_modinfo *info, unsigned long start,
			  unsigned long end)
{
	const Elf_Shdr *sec;
	const Elf_Rela *rela;

	for (sec = info->sechdrs; sec < info->sechdrs + info->hdr.e_shnum; sec++) {
		const Elf_Rela *last = (void *)(sec->sh_addr + sec->sh_size);

		if (!(sec->sh_flags & SHF_RELA_LIVEPATCH) ||
		    strstarts(info->secstrings + sec->sh_name, ".klp.rela.vmlinux."))
			continue;
		for (rela = (void *)sec->sh_addr; rela < last; rela++) {
			unsigned long addr = info->sechdrs[sec->sh_info].sh_addr + rela->r_offset;

			if (addr >= start && addr < end)
				return true;
			cond_resched();
		}
	}
	return false;
}

/**
 * kprobe_relocated_late() - check whether text is relocated while it is probed
 * @start: the first byte of some instructions
 * @end: after the last
 *
 * Copies of them would be of the text before.
 *
 * Context: kprobe_mutex.
 * Return: true if so, or if that is not known yet.
 */
bool kprobe_relocated_late(unsigned long start, unsigned long end)
{
	struct module *mod;

	/* A site that is being prepared holds the module of its text. */
	scoped_guard(preempt)
		mod = __module_text_address(start);
	if (!mod || !is_livepatch_module(mod))
		return false;
	/* mod->klp_info is filled after the notification COMING. */
	return mod->state != MODULE_STATE_LIVE || kprobe_klp_relocates(mod->klp_info, start, end);
}
#endif

/* What is known of its text, which may be freed. */
static void kprobe_module_forget_text(const struct module *mod, enum mod_mem_type type)
{
	unsigned long start = (unsigned long)mod->mem[type].base;

	kprobe_blacklist_remove(start, start + mod->mem[type].size);
	kprobe_reserved_remove(start);
	arch_kprobe_text_leaves(start);
}

/* Before there can be a probe in it. All or nothing. */
static bool kprobe_module_learn(struct module *mod)
{
	if (!kprobe_blacklist_add_module(mod) && !kprobe_reserved_add_module(mod))
		return true;
	kprobe_module_forget_text(mod, MOD_TEXT);
	kprobe_module_forget_text(mod, MOD_INIT_TEXT);
	return false;
}

/* The few bytes that say what is not known must be there. */
static void kprobe_module_comes(struct module *mod)
{
	struct kprobe_coming *coming = kmalloc(sizeof(*coming), GFP_KERNEL | __GFP_NOFAIL);

	coming->mod = mod;
	coming->known = kprobe_module_learn(mod);
	guard(mutex)(&kprobe_mutex);
	list_add(&coming->list, &kprobe_coming);
}

static void kprobe_module_drop(struct kprobe_coming *coming)
{
	lockdep_assert_held(&kprobe_mutex);

	if (coming)
		list_del(&coming->list);
	kfree(coming);
}

static void kprobe_module_is_live(const struct module *mod)
{
	struct kprobe_coming *coming;

	guard(mutex)(&kprobe_mutex);
	coming = kprobe_find_coming(mod);
	if (coming && coming->known)
		kprobe_module_drop(coming);
}

static void kprobe_module_goes(const struct module *mod)
{
	guard(mutex)(&kprobe_mutex);
	kprobe_module_drop(kprobe_find_coming(mod));
}

/* Its asynchronous init functions, say, may still run. */
static void kprobe_module_text_leaves(const struct module *mod, enum mod_mem_type type)
{
	unsigned long start = (unsigned long)mod->mem[type].base;

	if (!start)
		return;
	kprobe_sites_leave(start, start + mod->mem[type].size);
	kprobe_module_forget_text(mod, type);
}

static bool kprobe_in_module(unsigned long addr, const void *mod)
{
	return within_module(addr, mod);
}

static bool kprobe_in_module_init(unsigned long addr, const void *mod)
{
	return within_module_init(addr, mod);
}

/* Is it, or a handler of it, in what is about to be freed? */
static bool kprobe_lives_in(const struct kprobe *kp, kprobe_has_fn has, const struct module *mod)
{
	return has((unsigned long)kp, mod) || has((unsigned long)kp->pre_handler, mod) ||
	       has((unsigned long)kp->post_handler, mod) ||
	       has((unsigned long)kp->fault_handler, mod) ||
	       (kprobe_is_return(kp) && kretprobe_has(kp, has, mod));
}

/*
 * Probes that the module has forgotten to unregister. The next hit would run a
 * handler that is not there any more.
 */
static void kprobe_module_owner_leaves(const struct module *mod, kprobe_has_fn has)
{
	struct kprobe *kp, *next;
	struct kprobe_batch batch;
	struct kprobe_site *site;
	unsigned int nr = 0;

	kprobe_batch_begin(&batch);
	kprobe_for_each(site, &kprobe_sites, all) {
		kprobe_for_each_safe(kp, next, &site->probes, list) {
			if (!kprobe_lives_in(kp, has, mod))
				continue;
			kprobe_batch_remove_from(&batch, site, kp);
			nr++;
		}
	}
	kprobe_batch_end(&batch);
	if (nr)
		pr_warn("kprobes: %s has left %u probes registered: removed\n", mod->name, nr);
}

/**
 * kprobe_module_event() - follow what is notified of modules
 * @nb: not used
 * @state: MODULE_STATE_COMING, LIVE or GOING
 * @data: the module
 *
 * Context: process. Not static, for tests.
 * Return: NOTIFY_OK.
 */
int kprobe_module_event(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	switch (state) {
	case MODULE_STATE_COMING:
		kprobe_module_comes(mod);
		break;
	case MODULE_STATE_LIVE:
		kprobe_module_is_live(mod);
		kprobe_module_owner_leaves(mod, kprobe_in_module_init);
		kprobe_module_text_leaves(mod, MOD_INIT_TEXT);
		break;
	case MODULE_STATE_GOING:
		kprobe_module_goes(mod);
		kprobe_module_owner_leaves(mod, kprobe_in_module);
		kprobe_module_text_leaves(mod, MOD_INIT_TEXT);
		kprobe_module_text_leaves(mod, MOD_TEXT);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block kprobe_module_nb = {
	.notifier_call	= kprobe_module_event,
	/*
	 * Before whoever puts probes into the module that comes: kprobe events
	 * do, with priority 2. And they shall find it gone when it goes.
	 */
	.priority	= INT_MAX,
};

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
#endif /* CONFIG_MODULES */
