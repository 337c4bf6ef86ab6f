using Iced.Intel;

namespace NetProfiler.Capture.Tls;

/// <summary>Reads in the code of a library where a probe costs least.</summary>
/// <remarks>
/// The kernel runs a few instructions itself; for any other it lets the program do a single step, which costs many times as much. OpenSSL's
/// SSL_read and SSL_read_ex begin with such an instruction, and both call one function, which begins with one that the kernel runs. What
/// that function is given follows from the code of its caller.
/// </remarks>
internal static class CalleeFinder
{
    private const int FourthArgument = 4, FifthArgument = 5;

    /// <summary>
    /// The one function that both call with the same session, buffer and length, and with a pointer to the number of bytes moved. Null if
    /// the code does not show that there is exactly one.
    /// </summary>
    /// <param name="simple">Returns the number of bytes: SSL_read.</param>
    /// <param name="extended">Leaves the number of bytes in memory: SSL_read_ex.</param>
    public static Probe? FindCommon(ElfFile file, ProbedFunction function, ElfFunction simple, ElfFunction extended)
    {
        var common = CallsOf(file, simple).Intersect(CallsOf(file, extended)).ToList();
        if (common is not [var callee] || LengthArgumentOf(file, simple, callee) is not { } argument) return null;
        return IsRunByKernel(file, callee, out ulong at) && file.OffsetOf(at) is { } offset ? new Probe(function, offset, argument) : null;
    }

    /// <summary>The instruction of a function to probe: the first, or the one behind a landing pad for indirect branches.</summary>
    public static ulong? EntryOf(ElfFile file, ElfFunction function)
    {
        _ = IsRunByKernel(file, function.Address, out ulong at);
        return file.OffsetOf(at);
    }

    private static HashSet<ulong> CallsOf(ElfFile file, ElfFunction function)
    {
        var calls = new HashSet<ulong>();
        foreach (var instruction in CodeReader.Decode(file, function))
        {
            if (TargetOf(instruction, function) is { } target && !file.IsStub(target)) calls.Add(target);
        }

        return calls;
    }

    // A call, or a jump out of the function.
    private static ulong? TargetOf(in Instruction instruction, ElfFunction function)
    {
        if (instruction.Op0Kind != OpKind.NearBranch64) return null;
        ulong target = instruction.NearBranchTarget;
        bool isInside = target >= function.Address && target - function.Address < function.Size;
        return instruction.FlowControl == FlowControl.Call || (instruction.FlowControl == FlowControl.UnconditionalBranch && !isInside)
            ? target : null;
    }

    // The caller hands on the address of a variable of its own, in the register of the fourth or the fifth argument.
    private static int? LengthArgumentOf(ElfFile file, ElfFunction caller, ulong callee)
    {
        bool isFourth = false, isFifth = false;
        foreach (var instruction in CodeReader.Decode(file, caller))
        {
            if (TargetOf(instruction, caller) == callee)
                return (isFourth, isFifth) switch { (true, false) => FourthArgument, (false, true) => FifthArgument, _ => null };
            if (instruction.OpCount < 1 || instruction.Op0Kind != OpKind.Register || instruction.Mnemonic is Mnemonic.Cmp or Mnemonic.Test)
                continue;
            var written = instruction.Op0Register.GetFullRegister();
            bool isOfStack = instruction is { Mnemonic: Mnemonic.Mov, Op1Kind: OpKind.Register, Op1Register: Register.RSP }
                or { Mnemonic: Mnemonic.Lea, MemoryBase: Register.RSP or Register.RBP };
            if (written == Register.RCX) isFourth = isOfStack;
            if (written == Register.R8) isFifth = isOfStack;
        }

        return null;
    }

    // arch/x86/kernel/uprobes.c: push of a register and nop are run there; endbr64 is not, and what follows it has the same stack.
    private static bool IsRunByKernel(ElfFile file, ulong address, out ulong at)
    {
        const int enough = 32;
        at = address;
        foreach (var instruction in CodeReader.Decode(file.CodeAt(address, enough), address))
        {
            at = instruction.IP;
            if (instruction.Mnemonic != Mnemonic.Endbr64)
                return instruction is { Mnemonic: Mnemonic.Push, Op0Kind: OpKind.Register } or { Mnemonic: Mnemonic.Nop };
        }

        return false;
    }
}
