using Iced.Intel;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// Reads in the code of a library's own getters where a session's object keeps its protocol version and the randoms of its hellos.
/// </summary>
internal static class LayoutFinder
{
    private const ulong MaxOffset = 0x7FFF;

    /// <summary>A random is behind the first members of an object; smaller offsets are those of flags and pointers.</summary>
    private const ulong MinRandomOffset = 16;

    public static SessionLayout Find(ElfFile file) => new(
        file.Find("SSL_version") is { } version ? VersionAt(file, version) : null,
        file.Find("SSL_get_server_random") is { } server ? CopiedField(file, server) : null,
        file.Find("SSL_get_client_random") is { } client ? CopiedField(file, client) : null);

    // What SSL_version returns. Null if its code is not that simple.
    private static int? VersionAt(ElfFile file, ElfFunction version)
    {
        int? found = null;
        foreach (var instruction in CodeReader.Decode(file, version))
        {
            bool isLoad = instruction is { Mnemonic: Mnemonic.Mov, Op0Register: Register.EAX, MemoryBase: Register.RDI,
                MemoryIndex: Register.None };
            if (isLoad && instruction.MemoryDisplacement64 < MaxOffset) found = (int)instruction.MemoryDisplacement64;
        }

        return found;
    }

    /// <summary>
    /// The field that a getter copies: the first whose address it takes. The session is the first argument, or what a function returned
    /// for it (OpenSSL 3.2 and later, of an object that may be a QUIC connection).
    /// </summary>
    private static FieldPath? CopiedField(ElfFile file, ElfFunction getter)
    {
        var sessions = new HashSet<Register> { Register.RDI };
        var pointers = new Dictionary<Register, int>();
        foreach (var instruction in CodeReader.Decode(file, getter))
        {
            if (instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall)
            {
                sessions.Add(Register.RAX);
                continue;
            }

            if (FieldOf(instruction, sessions, pointers) is { } field) return field;
            Follow(instruction, sessions, pointers);
        }

        return null;
    }

    // "lea rsi, [rdi+160h]" or "add rax, 0B0h".
    private static FieldPath? FieldOf(in Instruction instruction, HashSet<Register> sessions, Dictionary<Register, int> pointers)
    {
        Register from;
        ulong offset;
        if (instruction.Mnemonic == Mnemonic.Lea && instruction.MemoryIndex == Register.None)
            (from, offset) = (instruction.MemoryBase, instruction.MemoryDisplacement64);
        else if (instruction is { Mnemonic: Mnemonic.Add, Op0Kind: OpKind.Register } && IsImmediate(instruction.Op1Kind))
            (from, offset) = (instruction.Op0Register, instruction.GetImmediate(1));
        else
            return null;
        if (offset is < MinRandomOffset or > MaxOffset) return null;
        if (pointers.TryGetValue(from, out int pointer)) return new FieldPath(pointer, (int)offset);
        return sessions.Contains(from) ? new FieldPath(null, (int)offset) : null;
    }

    // "mov rbx, rdi" and "mov rax, [rdi+30h]".
    private static void Follow(in Instruction instruction, HashSet<Register> sessions, Dictionary<Register, int> pointers)
    {
        if (instruction.Op0Kind != OpKind.Register || !instruction.Op0Register.IsGPR64()
            || instruction.Mnemonic is Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Push)
            return;
        var to = instruction.Op0Register;
        bool isMove = instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Cmove or Mnemonic.Cmovne;
        bool isCopy = isMove && instruction.Op1Kind == OpKind.Register;
        bool isSession = isCopy && sessions.Contains(instruction.Op1Register);
        int pointer = isCopy ? pointers.GetValueOrDefault(instruction.Op1Register, -1)
            : isMove && instruction is { Op1Kind: OpKind.Memory, MemoryIndex: Register.None } && sessions.Contains(instruction.MemoryBase)
                && instruction.MemoryDisplacement64 <= MaxOffset ? (int)instruction.MemoryDisplacement64 : -1;
        if (isSession) sessions.Add(to);
        else sessions.Remove(to);
        if (pointer >= 0) pointers[to] = pointer;
        else pointers.Remove(to);
    }

    private static bool IsImmediate(OpKind kind) => kind is OpKind.Immediate8to64 or OpKind.Immediate32to64;
}
