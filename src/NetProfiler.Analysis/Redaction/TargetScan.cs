using System.Buffers;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Distinguishes targets that can be shown unchanged from those that <see cref="UrlRedactor"/> must process. Does not allocate.
/// </summary>
internal static class TargetScan
{
    private static readonly SearchValues<byte> Separators = SearchValues.Create("&;?#"u8);

    // Escapes, and nested names: user[password], auth.token.
    private static readonly SearchValues<byte> OddNames =
        SearchValues.Create([.. "%+[].\"'"u8, .. Enumerable.Range(0x80, 0x80).Select(octet => (byte)octet)]);

    // A value that may contain a text with names of its own.
    private static readonly SearchValues<byte> OddValues = SearchValues.Create("%+:=<{\"["u8);

    /// <summary>False if there is certainly nothing to mask.</summary>
    public static bool MayHoldSecret(ReadOnlySpan<byte> target, SecretNames names)
    {
        if (target.Contains((byte)'@')) return true;
        while (!target.IsEmpty)
        {
            int length = target.IndexOfAny(Separators);
            var parameter = length < 0 ? target : target[..length];
            target = length < 0 ? default : target[(length + 1)..];

            int equals = parameter.IndexOf((byte)'=');
            if (equals < 0) continue;
            var name = parameter[..equals];
            name = name[(name.LastIndexOf((byte)'/') + 1)..];
            if (name.ContainsAny(OddNames) || names.Contains(name) || parameter[(equals + 1)..].ContainsAny(OddValues)) return true;
        }

        return false;
    }
}
