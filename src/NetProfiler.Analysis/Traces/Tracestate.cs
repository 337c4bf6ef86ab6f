using System.Text;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Traces;

/// <summary>W3C Trace Context, section 3.3: a list of key=value, in one field or several.</summary>
internal static class Tracestate
{
    private const int MaxMembers = 32;
    private const int MaxKeyBytes = 256;
    private const int MaxValueBytes = 256;

    /// <summary>
    /// All tracestate fields of a request as one list, without empty members. Null if absent, or if one is malformed.
    /// </summary>
    public static string? Read(ReadOnlySpan<byte> fieldLines)
    {
        StringBuilder? list = null;
        int members = 0;
        foreach (var field in new HeaderFields(fieldLines))
        {
            if (!Ascii.EqualsIgnoreCase(field.Name, "tracestate"u8)) continue;

            var value = field.Value;
            foreach (var range in value.Split((byte)','))
            {
                var member = value[range].Trim(" \t"u8);
                if (member.IsEmpty) continue;
                if (!IsMember(member) || ++members > MaxMembers) return null;
                list = (list is null ? new StringBuilder() : list.Append(',')).Append(Encoding.ASCII.GetString(member));
            }
        }

        return list?.ToString();
    }

    private static bool IsMember(ReadOnlySpan<byte> member)
    {
        int equals = member.IndexOf((byte)'=');
        return equals > 0 && IsKey(member[..equals]) && IsValue(member[(equals + 1)..]);
    }

    // Section 3.3.1.3.1. A digit may begin a key since level 2.
    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > MaxKeyBytes || !(char.IsAsciiLetterLower((char)key[0]) || char.IsAsciiDigit((char)key[0]))) return false;
        foreach (byte one in key)
        {
            if (!char.IsAsciiLetterLower((char)one) && !char.IsAsciiDigit((char)one) && !"_-*/@"u8.Contains(one)) return false;
        }

        return key.Count((byte)'@') <= 1 && key[^1] != '@';
    }

    // Section 3.3.1.3.2: 0x20 to 0x7E except comma and equals sign; the last character is not a space.
    private static bool IsValue(ReadOnlySpan<byte> value) =>
        value.Length is > 0 and <= MaxValueBytes && !value.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E) && !value.Contains((byte)'=');
}
