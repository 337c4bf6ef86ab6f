using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The ids and name of a netprofiler span, for samples that cannot be attached to a span of the application, or for collectors where every
/// sample is a span.
/// </summary>
internal static class OwnSpan
{
    /// <summary>
    /// Both ends of a connection assign an exchange to the same trace if they observe it within the same 17 s (2^34 ns): addresses and
    /// positions identify it only until the client's port is reused.
    /// </summary>
    private const int EpochBits = 34;

    private const int MaxPathCharacters = 128;

    private static readonly SearchValues<char> HexadecimalAndDash = SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>The id of a new trace: derived from the exchange's key at both ends if known, otherwise from the sample.</summary>
    public static TraceId TraceIdOf(ShownSample sample)
    {
        if (sample.JoinKey is not { } key) return new(new UInt128(~sample.Id.Bits, sample.Id.Bits)); // already random
        long epoch = sample.StartUnixNanoseconds >> EpochBits;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{key.Client} {key.Server} {key.NetworkNamespace} {key.RequestPosition} {key.ResponsePosition} {epoch}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes(text), hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash) | 1); // never zero
    }

    /// <summary>The method and the path without its query, with a star for each segment that looks like an id.</summary>
    public static string NameOf(ShownSample sample)
    {
        string path = sample.Target;
        if (Uri.TryCreate(path, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https") path = absolute.AbsolutePath;
        int end = path.AsSpan().IndexOfAny('?', '#');
        if (end >= 0) path = path[..end];
        string[] segments = path.Split('/');
        for (int i = 0; i < segments.Length; i++)
        {
            if (IsIdentity(segments[i])) segments[i] = "*";
        }

        path = string.Join('/', segments);
        return $"{sample.Method} {(path.Length > MaxPathCharacters ? path[..MaxPathCharacters] : path)}";
    }

    // Digits only, or at least eight hexadecimal digits and dashes including a decimal digit: keys, UUIDs, hashes.
    private static bool IsIdentity(string segment)
    {
        if (segment.Length == 0 || !segment.AsSpan().ContainsAnyInRange('0', '9')) return false;
        bool isHex = !segment.AsSpan().ContainsAnyExcept(HexadecimalAndDash);
        return isHex && (segment.Length >= 8 || !segment.AsSpan().ContainsAnyExceptInRange('0', '9'));
    }
}
