/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions to run in a slot. Registers stand as sane_regs() has them: BX,
 * BP, SI, DI, R8, R12 and R13 point into the data, CX is 5, DX is a selector.
 * What follows the code by 0x1000 is data as well; 0xb00 behind it are zeros.
 * SLDT, STR and the like are not here: the kernel may be emulating them.
 */
	.section .note.GNU-stack, "", @progbits

#ifdef __x86_64__
#define WORD	.quad
#define AX	%rax
#define BX	%rbx
#define CX	%rcx
#define DX	%rdx
#define SI	%rsi
#define DI	%rdi
#define BP	%rbp
#define SP	%rsp
#else
#define WORD	.long
#define AX	%eax
#define BX	%ebx
#define CX	%ecx
#define DX	%edx
#define SI	%esi
#define DI	%edi
#define BP	%ebp
#define SP	%esp
#endif

	.section .data.rel.ro, "aw"
	.balign 8
	.globl forms, forms_end
forms:

/* One entry of struct form; the bytes and the text go elsewhere. */
.macro FORM insn:vararg
	.pushsection .rodata
1:	\insn
2:	.asciz "\insn"
	.popsection
	WORD 1b, 2b, 2b - 1b
.endm

/* Arithmetic, with all kinds of operands */
FORM	add BX, AX
FORM	addl $0x12345678, %eax
FORM	addw $0x1234, %ax
FORM	addb $0x12, %al
FORM	adc AX, (BX)
FORM	sbb 8(BX), AX
FORM	and $-2, CX
FORM	orw $0x7ff, 4(SI)
FORM	xorb $0x5a, (DI)
FORM	cmp AX, 0x40(BP)
FORM	sub CX, DX
FORM	inc AX
FORM	decl (BX)
FORM	neg DX
FORM	notw (BX)
FORM	mul CX
FORM	imul CX, DX
FORM	imul $0x1234, (BX), DX
FORM	imul $7, CX, DX
FORM	divl (BX)
FORM	cltd
FORM	cwtl
FORM	test $0x55, %al
FORM	testl $0x12345678, (BX)
FORM	shl $5, AX
FORM	sar %cl, DX
FORM	rolw $3, (BX)
FORM	rcr $1, DX
FORM	shld $7, AX, DX
FORM	shrd %cl, AX, (BX)
FORM	bt CX, AX
FORM	btsl $3, (BX)
FORM	btr CX, (BX)
FORM	bsf DX, AX
FORM	bsr DX, AX
FORM	popcnt DX, AX
FORM	lzcnt DX, AX
FORM	tzcnt DX, AX
FORM	crc32b (BX), %eax
FORM	bswap DX
FORM	adcx DX, CX
FORM	adox DX, CX
FORM	andn DX, CX, AX
FORM	pext DX, CX, AX
FORM	rorx $3, DX, AX
FORM	shlx CX, DX, AX

/* Moves */
FORM	mov $0x12345678, %eax
FORM	movw $0x1234, %cx
FORM	movb $0x12, %ch
FORM	mov %al, %ah
FORM	movl $0x12345678, 0x100(BX)
FORM	movb $1, (DI)
FORM	mov (BX), AX
FORM	mov AX, 16(BX)
FORM	mov 0x10(BX,CX,4), AX
FORM	mov AX, -16(SP)
FORM	mov AX, CX
FORM	mov AX, SP
FORM	movzbl (BX), %eax
FORM	movzwl 2(BX), %ecx
FORM	movsbl (BX), %edx
FORM	movswl %cx, %edx
FORM	lea 0x10(BX,CX,8), AX
FORM	xchg AX, DX
FORM	xchg AX, (BX)
FORM	cmpxchg DX, (BX)
FORM	cmpxchg8b (BX)
FORM	xadd AX, (BX)
FORM	cmove AX, DX
FORM	cmovne (BX), DX
FORM	setc %al
FORM	setnp (BX)
FORM	movbe (BX), AX
FORM	movnti AX, (BX)
FORM	xlat
FORM	lahf
FORM	sahf
FORM	clc
FORM	stc
FORM	cmc
FORM	cld
FORM	std
FORM	mov %ds, %eax
FORM	mov %ss, (BX)
FORM	lar %cx, %eax
FORM	lsl %cx, %eax
FORM	verr %cx

/* The stack */
FORM	push AX
FORM	push SP
FORM	push (BX)
FORM	push 8(SP)
FORM	pushw $0x1234
FORM	push $0x12345678
FORM	push $-1
FORM	pop CX
FORM	pop SP
FORM	pop (BX)
FORM	pop 8(SP)
FORM	popw %dx
FORM	pushf
FORM	pushfw
FORM	popf
FORM	popfw
FORM	enter $0x20, $0
FORM	enter $0x20, $1
FORM	leave
FORM	push %fs
FORM	push %gs

/* Prefixes */
FORM	lock incl (BX)
FORM	lock xadd AX, (BX)
FORM	lock cmpxchg DX, (BX)
FORM	lock btsl $1, (BX)
FORM	xacquire lock incl (BX)
FORM	.byte 0x2e, 0x3e, 0x66, 0x89, 0x03
FORM	.byte 0x66, 0x66, 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
FORM	nop
FORM	pause
FORM	nopw (AX)
FORM	nopl 0x12345678(AX,AX,1)
FORM	endbr64
FORM	endbr32
FORM	.byte 0xf3, 0x0f, 0x1e, 0xc8	/* rdssp */
FORM	.byte 0x0f, 0x18, 0x03		/* prefetch */
FORM	prefetchw (BX)

/* Strings */
FORM	movsb
FORM	movsl
FORM	stosl
FORM	lodsb
FORM	scasw
FORM	cmpsl
FORM	rep movsb
FORM	rep movsl
FORM	rep stosw
FORM	rep lodsl
FORM	repe cmpsb
FORM	repne scasb
FORM	repe scasl

/* Near branches, which are stepped */
FORM	.byte 0xeb, 0x10
FORM	.byte 0xeb, 0x80
FORM	.byte 0xe9, 0x00, 0x10, 0x00, 0x00
FORM	.byte 0x74, 0x10
FORM	.byte 0x75, 0x10
FORM	.byte 0x3e, 0x75, 0x10
FORM	.byte 0x0f, 0x84, 0x00, 0x10, 0x00, 0x00
FORM	.byte 0x0f, 0x85, 0x00, 0xf0, 0xff, 0xff
FORM	.byte 0xe2, 0x10		/* loop */
FORM	.byte 0xe1, 0x10		/* loope */
FORM	.byte 0xe0, 0x10		/* loopne */
FORM	.byte 0xe3, 0x10		/* jcxz */
FORM	.byte 0x67, 0xe2, 0x10
FORM	.byte 0xe8, 0x00, 0x10, 0x00, 0x00
FORM	.byte 0x2e, 0xe8, 0x00, 0x10, 0x00, 0x00
FORM	call *BX
FORM	call *SP
FORM	call *(BX)
FORM	call *8(SP)
FORM	call *0x10(BX,CX,8)
FORM	notrack call *BX
FORM	jmp *BX
FORM	jmp *(BX)
FORM	notrack jmp *8(BX,CX,8)
FORM	ret
FORM	ret $0x18
FORM	rep ret
FORM	bnd ret

/* Segments */
FORM	mov %edx, %es
FORM	mov %edx, %ss
FORM	mov %edx, %gs

/* x87, MMX, SSE */
FORM	fldl (BX)
FORM	fld1
FORM	fldpi
FORM	fildl (BX)
FORM	fnstcw (BX)
FORM	fnstsw %ax
FORM	fnstenv (BX)
FORM	fnsave (BX)
FORM	fwait
FORM	fninit
FORM	emms
FORM	movq (BX), %mm1
FORM	paddb (BX), %mm2
FORM	movups (BX), %xmm0
FORM	movups %xmm0, (BX)
FORM	movaps (BX), %xmm3
FORM	movdqu (SI), %xmm4
FORM	movss (BX), %xmm1
FORM	movsd (BX), %xmm1
FORM	addps (BX), %xmm2
FORM	addsd (BX), %xmm2
FORM	cvtsi2sdl (BX), %xmm0
FORM	cvttsd2si (BX), %eax
FORM	ucomisd (BX), %xmm0
FORM	pshufd $0x1b, (BX), %xmm5
FORM	palignr $3, (BX), %xmm5
FORM	pshufb (BX), %xmm6
FORM	pcmpistri $0, (BX), %xmm0
FORM	aesenc (BX), %xmm1
FORM	pclmulqdq $0x11, (BX), %xmm1
FORM	sha1rnds4 $1, (BX), %xmm1
FORM	movntdq %xmm0, (BX)
FORM	maskmovdqu %xmm1, %xmm2
FORM	ldmxcsr 0xb00(BX)
FORM	stmxcsr (BX)
FORM	fxsave 0x100(BX)
FORM	pmovmskb %xmm1, %eax
FORM	movd %eax, %xmm7
FORM	pextrd $1, %xmm0, (BX)

/* AVX, AVX2, AVX-512 */
FORM	vmovups (BX), %ymm0
FORM	vmovdqu %ymm1, (BX)
FORM	vaddps (BX), %ymm1, %ymm2
FORM	vpaddd (SI), %ymm1, %ymm2
FORM	vpermq $0x1b, (BX), %ymm3
FORM	vpalignr $5, (BX), %ymm1, %ymm2
FORM	vfmadd132ps (BX), %ymm1, %ymm2
FORM	vpbroadcastb (BX), %ymm1
FORM	vinsertf128 $1, (BX), %ymm1, %ymm2
FORM	vzeroupper
FORM	vzeroall
FORM	vmovups (BX), %zmm0
FORM	vpaddd 0x40(BX), %zmm1, %zmm2
FORM	vpternlogd $0x96, (BX), %zmm1, %zmm2
FORM	vpavgb (BX), %zmm1, %zmm2
FORM	vcompresspd %zmm1, (BX)
FORM	kmovw %eax, %k1
FORM	vpcmpeqd (BX), %zmm1, %k2

/* System instructions that user space may use */
FORM	cpuid
FORM	lfence
FORM	mfence
FORM	sfence
FORM	clflush (BX)
FORM	clflushopt (BX)
FORM	clwb (BX)
FORM	rdpid AX
FORM	serialize
FORM	movdiri AX, (BX)
FORM	movdir64b (BX), DI
FORM	cldemote (BX)

#ifdef __x86_64__

/* RIP-relative, with and without an immediate behind the displacement */
FORM	mov 0x1000(%rip), %rax
FORM	mov %rax, 0x1000(%rip)
FORM	movb $0x12, 0x1000(%rip)
FORM	movw $0x1234, 0x1000(%rip)
FORM	movl $0x12345678, 0x1000(%rip)
FORM	movq $-5, 0x1000(%rip)
FORM	addq $0x7f, 0x1000(%rip)
FORM	addl $0x12345678, 0x1000(%rip)
FORM	add %r9, 0x1000(%rip)
FORM	cmpb $0, 0x1000(%rip)
FORM	testl $0x1000, 0x1000(%rip)
FORM	testb $1, 0x1000(%rip)
FORM	incl 0x1000(%rip)
FORM	negq 0x1000(%rip)
FORM	shlq $3, 0x1000(%rip)
FORM	shrl %cl, 0x1000(%rip)
FORM	imul $0x1234, 0x1000(%rip), %r10
FORM	imul $3, 0x1000(%rip), %r10d
FORM	lea 0x1000(%rip), %rax
FORM	lea -0x100(%rip), %r11
FORM	lea 0x1000(%eip), %eax
FORM	mov 0x1000(%eip), %rax
FORM	movzbl 0x1000(%rip), %eax
FORM	movslq 0x1000(%rip), %r9
FORM	cmove 0x1000(%rip), %rdx
FORM	sete 0x1000(%rip)
FORM	btsl $3, 0x1000(%rip)
FORM	lock incq 0x1000(%rip)
FORM	lock cmpxchg %rdx, 0x1000(%rip)
FORM	lock cmpxchg8b 0x1000(%rip)
FORM	lock cmpxchg16b 0xff7(%rip)
FORM	xchg %rax, 0x1000(%rip)
FORM	xadd %ax, 0x1000(%rip)
FORM	push 0x1000(%rip)
FORM	pop 0x1000(%rip)
FORM	call *0xffa(%rip)
FORM	jmp *0xffa(%rip)
FORM	crc32q 0x1000(%rip), %rax
FORM	movups 0x1000(%rip), %xmm0
FORM	movsd 0x1000(%rip), %xmm9
FORM	pshufd $0x1b, 0xff7(%rip), %xmm5
FORM	palignr $3, 0xff6(%rip), %xmm5
FORM	pextrq $1, %xmm0, 0x1000(%rip)
FORM	cvtsi2sdq 0x1000(%rip), %xmm0
FORM	fldl 0x1000(%rip)
FORM	fistpl 0x1000(%rip)
FORM	ldmxcsr 0x1b00(%rip)
FORM	stmxcsr 0x1000(%rip)
FORM	vmovdqu 0x1000(%rip), %ymm1
FORM	vpalignr $5, 0x1000(%rip), %ymm1, %ymm2
FORM	vfmadd132pd 0x1000(%rip), %ymm1, %ymm12
FORM	vpaddd 0x1000(%rip), %zmm1, %zmm17
FORM	vpternlogd $0x96, 0x1000(%rip), %zmm1, %zmm2
FORM	andn 0x1000(%rip), %rcx, %rax
FORM	rorx $3, 0x1000(%rip), %rax
FORM	clflush 0x1000(%rip)
FORM	prefetcht0 0x1000(%rip)
FORM	nopw 0x1000(%rip)
FORM	movbe 0x1000(%rip), %r9d

/* REX, and the upper registers */
FORM	mov %r8, %r15
FORM	mov (%r12), %r9
FORM	mov (%r13), %r9
FORM	mov %r9b, (%r8)
FORM	mov %spl, %bpl
FORM	mov 8(%r8,%rcx,8), %r14
FORM	mov $0x1122334455667788, %r10
FORM	movabs 0x0000000010002100, %rax
FORM	movabs %al, 0x0000000010002100
FORM	addr32 movabs 0x10002100, %rax
FORM	xchg %rax, %r8
FORM	.byte 0x49, 0x90
FORM	push %r12
FORM	pop %r13
FORM	pushw %r9w
FORM	call *%r12
FORM	call *(%r12)
FORM	call *8(%r13,%rcx,8)
FORM	jmp *%r13
FORM	jmp *(%r8)
FORM	movsq
FORM	rep movsq
FORM	rep stosq
FORM	addr32 rep movsb
FORM	cqto
FORM	cltq
FORM	movslq %ecx, %r9
FORM	cmpxchg16b 0x200(BX)
FORM	rdfsbase %rax
FORM	rdgsbase %rax
FORM	wrfsbase %rbx
FORM	wrgsbase %rbx
FORM	mov %fs:0, %rax
FORM	.byte 0x66, 0x48, 0x74, 0x10
FORM	.byte 0x66, 0x48, 0xe8, 0x00, 0x10, 0x00, 0x00
FORM	.byte 0x66, 0x48, 0xc3
FORM	.byte 0x66, 0x48, 0xff, 0x13

#else

FORM	incl %ebx
FORM	dec %di
FORM	pusha
FORM	popa
FORM	pushaw
FORM	popaw
FORM	push %cs
FORM	push %ds
FORM	push %es
FORM	push %ss
FORM	daa
FORM	das
FORM	aaa
FORM	aas
FORM	aam
FORM	aad
FORM	.byte 0xd6			/* salc */
FORM	arpl %ax, (%ebx)
FORM	mov 0x10002100, %eax
FORM	mov %al, 0x10002100
FORM	addl $0x12345678, 0x10002100
FORM	call *0x10002100
FORM	jmp *0x10002100
FORM	mov 0x10(%ebp,%ecx,2), %eax
FORM	addr16 lea (%bx,%si), %eax
FORM	lea 0x1234(%bx,%di), %ax
FORM	.byte 0x67, 0xe3, 0x10
FORM	.byte 0x66, 0xc3
FORM	.byte 0x66, 0xff, 0x13
FORM	.byte 0x66, 0xff, 0xe3
FORM	.byte 0x82, 0xc0, 0x12

#endif

forms_end:
	WORD 0
