using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Writes the replacement of a secret: the class of its length and, for one that is too long to be guessed, a keyed hash, which is the same
/// for equal values within a day of one process. It does not need quoting in JSON, XML, a URL's query or a shell's single quotes.
/// </summary>
public sealed class Masker
{
    private const int HashBytes = 4;
    private const int MaxClassBytes = 4096;
    internal const int MaxLength = 32;
    private const string Opening = "[masked:";

    private static readonly SearchValues<char> Inner = SearchValues.Create("0123456789abcdef+-:");

    /// <summary>
    /// Shorter secrets have no hash: an attacker who can make a service send guesses would find a PIN with 10,000 of them.
    /// </summary>
    private const int LeastHashedBytes = 16;

    private readonly byte[] _key;
    private readonly TimeProvider? _time;
    private DayKey? _today;

    /// <param name="time">Derives a key per day. Null uses the same key always.</param>
    public Masker(ReadOnlySpan<byte> key, TimeProvider? time = null)
    {
        _key = key.ToArray();
        _time = time;
    }

    /// <summary>Uses a random key that ends with the process, and from which a key per day is derived.</summary>
    public static Masker WithRandomKey(TimeProvider? time = null) => new(RandomNumberGenerator.GetBytes(32), time);

    /// <summary>The mask, such as "[masked:16-31:a1b2c3d4]" for 16 to 31 bytes of UTF-8, and "[masked:8-15]" for fewer.</summary>
    public string Mask(ReadOnlySpan<char> secret)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(secret)];
        Encoding.UTF8.GetBytes(secret, bytes);
        return Mask(bytes);
    }

    public string Mask(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < LeastHashedBytes) return $"{Opening}{ClassOf(secret.Length)}]";
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(KeyOfToday(), secret, hash);
        return $"{Opening}{ClassOf(secret.Length)}:{Convert.ToHexStringLower(hash[..HashBytes])}]";
    }

    /// <summary>Whether the whole text is a mask. Masking it again would hide which values are equal.</summary>
    internal static bool IsMask(ReadOnlySpan<char> text) =>
        text.StartsWith(Opening) && text.EndsWith("]") && text.Length <= MaxLength && !text[Opening.Length..^1].ContainsAnyExcept(Inner);

    private byte[] KeyOfToday()
    {
        if (_time is null) return _key;
        long day = _time.GetUtcNow().Ticks / TimeSpan.TicksPerDay;
        if (_today is { } today && today.Day == day) return today.Key;
        byte[] key = HMACSHA256.HashData(_key, BitConverter.GetBytes(day));
        _today = new DayKey(day, key); // any thread may do this: the result is the same
        return key;
    }

    private sealed record DayKey(long Day, byte[] Key);

    private static string ClassOf(int bytes)
    {
        if (bytes == 0) return "0";
        if (bytes >= MaxClassBytes) return $"{MaxClassBytes}+";
        int least = bytes < 8 ? 1 : 1 << BitOperations.Log2((uint)bytes);
        int most = bytes < 8 ? 7 : (2 * least) - 1;
        return string.Create(CultureInfo.InvariantCulture, $"{least}-{most}");
    }
}
