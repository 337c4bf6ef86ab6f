using System.Buffers;

namespace NetProfiler.Analysis.Redaction;

internal enum GuardVerdict : byte
{
    /// <summary>The bytes so far may be a head, and this byte belongs to it.</summary>
    Open,

    /// <summary>The bytes are a head.</summary>
    Passed,

    /// <summary>The bytes are not a head, as this byte shows; the byte is kept so that the analysis sees the fault too.</summary>
    Refused,

    /// <summary>The bytes are not a head, and this byte may be an argument of another protocol.</summary>
    RefusedInTarget,
}

/// <summary>
/// Decides from the first bytes whether they are a head. Stricter than the parser about unknown methods: <c>PASS hunter2</c> is not a head.
/// </summary>
/// <remarks>Works byte by byte, so that the result does not depend on how the bytes were split; a few bytes are sufficient.</remarks>
internal sealed class HeadGuard
{
    private const int MaxMethodBytes = 32;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly byte[] _bytes = new byte[MaxMethodBytes + 16];
    private int _length;

    public bool IsPassed { get; private set; }

    public void Begin()
    {
        _length = 0;
        IsPassed = false;
    }

    public GuardVerdict Take(byte one)
    {
        if (_length == 0 && one is (byte)'\r' or (byte)'\n') return GuardVerdict.Open;
        if (_length == _bytes.Length) return GuardVerdict.Refused;
        _bytes[_length++] = one;
        switch (Judge(_bytes.AsSpan(0, _length), out bool isTarget))
        {
            case OperationStatus.NeedMoreData:
                return GuardVerdict.Open;
            case OperationStatus.Done:
                IsPassed = true;
                return GuardVerdict.Passed;
            default:
                return isTarget ? GuardVerdict.RefusedInTarget : GuardVerdict.Refused;
        }
    }

    private static OperationStatus Judge(ReadOnlySpan<byte> bytes, out bool isTarget)
    {
        isTarget = false;
        if (bytes.Length >= 7 ? bytes.StartsWith("HTTP/1."u8) : "HTTP/1."u8.StartsWith(bytes))
            return bytes.Length < 7 ? OperationStatus.NeedMoreData : OperationStatus.Done;
        int end = bytes.IndexOfAnyExcept(TokenBytes);
        if (end < 0) return bytes.Length <= MaxMethodBytes ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        if (end is 0 or > MaxMethodBytes || bytes[end] != ' ') return OperationStatus.InvalidData;

        if (IsKnown(bytes[..end])) return OperationStatus.Done;
        isTarget = true;
        var target = bytes[(end + 1)..];
        if (target.IsEmpty) return OperationStatus.NeedMoreData;
        if (target[0] is (byte)'/' or (byte)'*' || target.StartsWith("http://"u8) || target.StartsWith("https://"u8))
            return OperationStatus.Done;
        return "http://"u8.StartsWith(target) || "https://"u8.StartsWith(target) ? OperationStatus.NeedMoreData
            : OperationStatus.InvalidData;
    }

    private static bool IsKnown(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("GET"u8) || method.SequenceEqual("POST"u8) || method.SequenceEqual("HEAD"u8)
            || method.SequenceEqual("PUT"u8) ||
        method.SequenceEqual("DELETE"u8) || method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("PATCH"u8)
            || method.SequenceEqual("CONNECT"u8) ||
        method.SequenceEqual("TRACE"u8);
}
