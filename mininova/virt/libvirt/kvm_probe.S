/* SPDX-License-Identifier: Apache-2.0
 *
 * What kvm_probe.py runs as a guest's firmware: from reset to 64-bit mode with paging, then a
 * thousand breakpoints through an IDT of its own and one page fault that its handler repairs.
 * If all that worked it writes 0x2a to port 0xf4, else 1.
 *
 * Some hosts offer a /dev/kvm that answers and even runs real mode, and stops at the first
 * exception in 64-bit mode; a few instructions in real mode would prove nothing.
 *
 *   as --64 -o p.o kvm_probe.S && ld -Ttext=0 --oformat binary -o p.bin p.o && xxd -p p.bin
 */
    .code16
    .globl _start
_start:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7000, %sp
    movw $0x1000, %di           /* clear the tables at 0x1000..0x5fff */
    movw $0x1400, %cx
    xorl %eax, %eax
    rep stosl
    movl $0x2007, 0x1000        /* one page of 2 MiB, mapped to itself */
    movl $0x3007, 0x2000
    movl $0x87, 0x3000
    lgdtl %cs:(gdtr - _start)
    movl $0x20, %eax            /* CR4.PAE */
    movl %eax, %cr4
    movl $0x1000, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx      /* EFER.LME */
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax       /* CR0.PG and CR0.PE */
    movl %eax, %cr0
    ljmpl $0x08, $(0xf0000 + long64 - _start)
    .code64
long64:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x7000, %esp
    movl $(0xf0000 + breakpoint - _start), %eax
    movl $0x4030, %edi          /* vector 3 */
    call gate
    movl $(0xf0000 + fault - _start), %eax
    movl $0x40e0, %edi          /* vector 14 */
    call gate
    lidt idtr(%rip)
    xorl %ebx, %ebx
    movl $1000, %ecx
1:  int3
    loop 1b
    movl $0x200000, %esi        /* the second 2 MiB are not there yet */
    movq $0x5a5a, (%rsi)
    cmpl $1001, %ebx
    jne bad
    cmpq $0x5a5a, (%rsi)
    jne bad
    movb $0x2a, %al
    outb %al, $0xf4
bad:
    movb $0x01, %al
    outb %al, $0xf4
2:  hlt
    jmp 2b
gate:
    movw %ax, (%rdi)
    movw $0x08, 2(%rdi)
    movw $0x8e00, 4(%rdi)
    shrl $16, %eax
    movw %ax, 6(%rdi)
    ret
breakpoint:
    incl %ebx
    iretq
fault:
    incl %ebx
    movl $0x200087, 0x3008      /* map them, then try again */
    addq $8, %rsp
    iretq
    .align 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
gdtr:
    .word 23
    .long 0xf0000 + gdt - _start
idtr:
    .word 0x0fff
    .quad 0x4000
