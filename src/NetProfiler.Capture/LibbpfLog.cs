using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NetProfiler.Capture;

/// <summary>The output of libbpf while it opens, loads and attaches, kept for error messages. Bounded.</summary>
internal static unsafe partial class LibbpfLog
{
    /// <summary>Maximum number of characters kept: the end of a verifier's log contains the cause.</summary>
    private const int MaxCharacters = 64 * 1024;

    private const int InfoLevel = 1;

    /// <summary>The marker at libbpf's debug level before the log of a program that was accepted.</summary>
    private static ReadOnlySpan<byte> LoadLog => "BEGIN PROG LOAD LOG"u8;

    private static readonly Lock Gate = new();
    private static string _text = "";

    public static void Install() => Libbpf.libbpf_set_print(&Print);

    /// <summary>The output since the last call.</summary>
    public static string Take()
    {
        lock (Gate)
        {
            string text = _text;
            _text = "";
            return text;
        }
    }

    /// <summary>
    /// The number of instructions that the verifier processed per program, from a log of programs loaded with log level 4.
    /// </summary>
    public static IEnumerable<VerifiedProgram> Verified(string log) =>
        from Match program in Statistics().Matches(log)
        select new VerifiedProgram(program.Groups[1].Value, long.Parse(program.Groups[2].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"prog '(\w+)': -- BEGIN PROG LOAD LOG --(?:\n(?!processed |libbpf: ).*)*\nprocessed (\d+) insns")]
    private static partial Regex Statistics();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        if (level > InfoLevel && MemoryMarshal.CreateReadOnlySpanFromNullTerminated(format).IndexOf(LoadLog) < 0) return 0;
        var buffer = new byte[MaxCharacters];
        fixed (byte* start = buffer)
        {
            int length = Libbpf.vsnprintf(start, (nuint)buffer.Length, format, arguments);
            string text = System.Text.Encoding.UTF8.GetString(buffer, 0, int.Clamp(length, 0, buffer.Length - 1));
            lock (Gate)
            {
                _text += text;
                if (_text.Length > MaxCharacters) _text = _text[^MaxCharacters..];
            }
        }

        return 0;
    }
}
