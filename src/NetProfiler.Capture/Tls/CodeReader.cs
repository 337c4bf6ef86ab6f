using Iced.Intel;

namespace NetProfiler.Capture.Tls;

/// <summary>The instructions of x86-64 code, up to the first that is none.</summary>
internal static class CodeReader
{
    public static IEnumerable<Instruction> Decode(ElfFile file, ElfFunction function) => Decode(file.CodeOf(function), function.Address);

    public static IEnumerable<Instruction> Decode(byte[] code, ulong address)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code), address);
        while (decoder.IP - address < (ulong)code.Length)
        {
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid) yield break;
            yield return instruction;
        }
    }
}
