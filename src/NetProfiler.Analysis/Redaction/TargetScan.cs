using System.Buffers;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Tells the targets that are shown as they are from those that <see cref="UrlRedactor"/> has to look at. Allocates nothing.
/// </summary>
internal static class TargetScan
{
    private static readonly SearchValues<byte> Separators = SearchValues.Create("&;?#"u8);

    // Escapes, and names within names: user[password], auth.token.
    private static readonly SearchValues<byte> OddNames =
        SearchValues.Create([.. "%+[].\"'"u8, .. Enumerable.Range(0x80, 0x80).Select(octet => (byte)octet)]);

    // A value that may be a text with names of its own.
    private static readonly SearchValues<byte> OddValues = SearchValues.Create("%+:=<{\"["u8);

    /// <summary>False: for certain there is nothing to mask.</summary>
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
