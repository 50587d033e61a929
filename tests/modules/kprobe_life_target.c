// SPDX-License-Identifier: GPL-2.0
/*
 * A module to be probed while it comes and goes (tests/guest/modules.sh).
 *
 * Writing N to the parameter call calls life_function(N); reading it tells what
 * that returned. With fail=1 its init function fails. With async=1 an init
 * function of it is called after the module has become live, as asynchronous
 * ones may be: what was said in the kernel until then is that it is over.
 */

#include <linux/async.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static bool fail;
module_param(fail, bool, 0444);
static bool async;
module_param(async, bool, 0444);

static noinline __noipa int life_function(int arg)
{
	return arg + 1;
}

static noinline __noipa __used int life_forbidden(int arg)
{
	return arg + 2;
}
NOKPROBE_SYMBOL(life_forbidden);

static noinline __noipa int __init life_init_function(int arg)
{
	return arg + 3;
}

static int called;

static int set_call(const char *value, const struct kernel_param *param)
{
	int arg, err = kstrtoint(value, 0, &arg);

	if (!err)
		called = life_function(arg);
	return err;
}

static int get_call(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", called);
}

static const struct kernel_param_ops call_ops = { .set = set_call, .get = get_call };
module_param_cb(call, &call_ops, NULL, 0600);

/* The init text is not freed before this has ended. */
static void __init life_async(void *unused, async_cookie_t cookie)
{
	while (READ_ONCE(THIS_MODULE->state) == MODULE_STATE_COMING)
		msleep(10);
	msleep(100);
	pr_info("%s: init function returned %d\n", KBUILD_MODNAME, life_init_function(39));
}

static int __init life_init(void)
{
	pr_info("%s: init function returned %d\n", KBUILD_MODNAME, life_init_function(39));
	if (async)
		async_schedule(life_async, NULL);
	return fail ? -EIO : 0;
}

static void __exit life_exit(void)
{
}

module_init(life_init)
module_exit(life_exit)
MODULE_DESCRIPTION("is probed while it comes and goes");
MODULE_LICENSE("GPL");
