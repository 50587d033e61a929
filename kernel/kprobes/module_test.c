// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of text that goes away. That of modules, which come and go, is
 * tested by tests/guest/modules.sh of the stack. rN in a name: a class of bug,
 * see test.h.
 */
#include <linux/extable.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <asm/sections.h>

#include "test.h"

static void *const target = kprobe_test_target;

static void text_leaves(void *addr)
{
	kprobe_sites_leave((unsigned long)addr, (unsigned long)addr + 1);
}

/* It may run after its site has gone: then there must be no breakpoint. */
static void text_that_leaves_is_what_it_was_r15(struct kunit *test)
{
	struct kprobe *a = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *b = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_POST)->kp;
	u64 original = kprobe_test_text(target);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(a));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(b));
	KUNIT_EXPECT_NE(test, kprobe_test_text(target), original);
	text_leaves(a->addr);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(a));
	KUNIT_EXPECT_TRUE(test, kprobe_gone(b));
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(a));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(b));
	unregister_kprobe(a);
	unregister_kprobe(b);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
}

static void disabled_probe_leaves_r15(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	u64 original = kprobe_test_text(target);

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	text_leaves(kp->addr);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	unregister_kprobe(kp);
	kp->flags = 0;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static noinline int __init init_function(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 1;
}

/* The tests run at boot; __ref because they can be run again later. */
static void __ref init_text_of_the_kernel_r15(struct kunit *test)
{
	int (*function)(int arg) = init_function;
	struct kprobe *kp;
	u64 armed;

	if (system_state >= SYSTEM_FREEING_INITMEM)
		kunit_skip(test, "needs init text, which is freed by now");

	kp = &kprobe_test_probe(test, 'a', function, KPROBE_TEST_PRE)->kp;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	armed = kprobe_test_text(function);
	KUNIT_EXPECT_EQ(test, 42, function(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	/* As kprobe_free_init_mem() does, but other tests still need what it forgets. */
	kprobe_sites_gone((unsigned long)__init_begin, (unsigned long)__init_end);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
	unregister_kprobe(kp);
	/* It is somebody else's memory by then. */
	KUNIT_EXPECT_EQ(test, kprobe_test_text(function), armed);
}

#ifdef CONFIG_LIVEPATCH
/* A text of 32 bytes with relocations at 4 and 20. */
static bool klp_relocates(char *name, unsigned long flags, unsigned long start,
			  unsigned long end)
{
	static u8 text[32];
	Elf_Rela rela[] = { { .r_offset = 4 }, { .r_offset = 20 } };
	Elf_Shdr sechdrs[] = {
		{ .sh_addr = (unsigned long)text, .sh_size = sizeof(text) },
		{ .sh_addr = (unsigned long)rela, .sh_size = sizeof(rela), .sh_flags = flags },
	};
	struct klp_modinfo info = {
		.hdr.e_shnum = ARRAY_SIZE(sechdrs), .sechdrs = sechdrs, .secstrings = name,
	};

	return kprobe_klp_relocates(&info, (unsigned long)text + start,
				    (unsigned long)text + end);
}
#endif

/* When what a livepatch is for is loaded, the operands of the livepatch change. */
static void late_relocations_r54(struct kunit *test)
{
#ifdef CONFIG_LIVEPATCH
	char *late = ".klp.rela.ext4.text", *done = ".klp.rela.vmlinux.text";

	KUNIT_EXPECT_TRUE(test, klp_relocates(late, SHF_RELA_LIVEPATCH, 3, 8));
	KUNIT_EXPECT_TRUE(test, klp_relocates(late, SHF_RELA_LIVEPATCH, 4, 5));
	KUNIT_EXPECT_TRUE(test, klp_relocates(late, SHF_RELA_LIVEPATCH, 19, 24));
	KUNIT_EXPECT_FALSE(test, klp_relocates(late, SHF_RELA_LIVEPATCH, 0, 4));
	KUNIT_EXPECT_FALSE(test, klp_relocates(late, SHF_RELA_LIVEPATCH, 8, 20));
	KUNIT_EXPECT_FALSE(test, klp_relocates(late, 0, 0, 32));
	KUNIT_EXPECT_FALSE(test, klp_relocates(done, SHF_RELA_LIVEPATCH, 0, 32));
#else
	kunit_skip(test, "needs CONFIG_LIVEPATCH");
#endif
}

#ifdef CONFIG_MODULES
/* A module with an exception table, so that something is to be known of its text. */
struct fake_module {
	struct module mod;
	struct exception_table_entry fixup;
};

static struct fake_module *fake_module(struct kunit *test, void *text, unsigned int size)
{
	struct fake_module *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->mod.mem[MOD_TEXT].base = text;
	m->mod.mem[MOD_TEXT].size = size;
	m->mod.extable = &m->fixup;
	m->mod.num_exentries = 1;
	m->mod.state = MODULE_STATE_COMING;
	return m;
}

static int notify(struct fake_module *m, enum module_state state)
{
	return notifier_to_errno(kprobe_module_event(NULL, state, &m->mod));
}

static enum kprobe_refusal refusal_in(struct fake_module *m)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_module_check(&m->mod, (unsigned long)m->mod.mem[MOD_TEXT].base);
}

/*
 * Its text is where that of another one is, so it fails to be known. Such a module is
 * loaded, probes in it are refused, and when it comes again all is well.
 */
static void module_is_loaded_unknown_r69(struct kunit *test)
{
	u8 *text = kunit_kzalloc(test, 64, GFP_KERNEL);
	struct fake_module *in_the_way, *m;

	KUNIT_ASSERT_NOT_NULL(test, text);
	in_the_way = fake_module(test, text + 16, 16);
	m = fake_module(test, text, 64);
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_MODULE_COMING);
	KUNIT_EXPECT_EQ(test, 0, notify(in_the_way, MODULE_STATE_COMING));
	KUNIT_EXPECT_EQ(test, refusal_in(in_the_way), KPROBE_OK);

	KUNIT_EXPECT_EQ(test, 0, notify(m, MODULE_STATE_COMING));
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_NO_MEMORY);
	m->mod.state = MODULE_STATE_LIVE;
	KUNIT_EXPECT_EQ(test, 0, notify(m, MODULE_STATE_LIVE));
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_NO_MEMORY);
	notify(m, MODULE_STATE_GOING);
	notify(in_the_way, MODULE_STATE_GOING);
	kprobe_reserved_remove((unsigned long)text + 16);

	m->mod.state = MODULE_STATE_COMING;
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_MODULE_COMING);
	KUNIT_EXPECT_EQ(test, 0, notify(m, MODULE_STATE_COMING));
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_OK);
	m->mod.state = MODULE_STATE_LIVE;
	KUNIT_EXPECT_EQ(test, 0, notify(m, MODULE_STATE_LIVE));
	KUNIT_EXPECT_EQ(test, refusal_in(m), KPROBE_OK);
	notify(m, MODULE_STATE_GOING);
}
#else
static void module_is_loaded_unknown_r69(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_MODULES");
}
#endif

static struct kunit_case kprobe_module_cases[] = {
	KUNIT_CASE(module_is_loaded_unknown_r69),
	KUNIT_CASE(late_relocations_r54),
	KUNIT_CASE(text_that_leaves_is_what_it_was_r15),
	KUNIT_CASE(disabled_probe_leaves_r15),
	KUNIT_CASE(init_text_of_the_kernel_r15),
	{ }
};

static struct kunit_suite kprobe_module_suite = {
	.name = "kprobe_module",
	.test_cases = kprobe_module_cases,
};

kunit_test_suite(kprobe_module_suite);
