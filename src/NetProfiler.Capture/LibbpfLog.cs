using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>What libbpf says while it opens, loads and attaches; kept for the message of a failure. Bounded.</summary>
internal static unsafe class LibbpfLog
{
    /// <summary>Most characters kept: the end of a verifier's log is what tells.</summary>
    private const int MaxCharacters = 64 * 1024;

    private const int InfoLevel = 1;
    private static readonly Lock Gate = new();
    private static string _text = "";

    public static void Install() => Libbpf.libbpf_set_print(&Print);

    /// <summary>Everything said since the last call.</summary>
    public static string Take()
    {
        lock (Gate)
        {
            string text = _text;
            _text = "";
            return text;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        if (level > InfoLevel) return 0;
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
