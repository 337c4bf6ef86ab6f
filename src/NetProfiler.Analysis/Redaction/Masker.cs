using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Writes what stands in a secret's place: the class of its length and a keyed hash, by which equal values are recognised within one run
/// and no value is found by trying. It needs no quoting in JSON, XML, a URL's query or a shell's single quotes.
/// </summary>
public sealed class Masker
{
    private const int HashBytes = 4;
    private const int MaxClassBytes = 4096;
    internal const int MaxLength = 32;
    private const string Opening = "[masked:";

    private static readonly SearchValues<char> Inner = SearchValues.Create("0123456789abcdef+-:");

    private readonly byte[] _key;

    public Masker(ReadOnlySpan<byte> key) => _key = key.ToArray();

    /// <summary>Under a key that nobody else has and that ends with the process.</summary>
    public static Masker WithRandomKey() => new(RandomNumberGenerator.GetBytes(32));

    /// <summary>"[masked:16-31:a1b2c3d4]": 16 to 31 bytes of UTF-8.</summary>
    public string Mask(ReadOnlySpan<char> secret)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(secret)];
        Encoding.UTF8.GetBytes(secret, bytes);
        return Mask(bytes);
    }

    public string Mask(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, secret, hash);
        return $"{Opening}{ClassOf(secret.Length)}:{Convert.ToHexStringLower(hash[..HashBytes])}]";
    }

    /// <summary>Whether a text is a mask as a whole: masking twice would hide which values are equal.</summary>
    internal static bool IsMask(ReadOnlySpan<char> text) =>
        text.StartsWith(Opening) && text.EndsWith("]") && text.Length <= MaxLength && !text[Opening.Length..^1].ContainsAnyExcept(Inner);

    private static string ClassOf(int bytes)
    {
        if (bytes == 0) return "0";
        if (bytes >= MaxClassBytes) return $"{MaxClassBytes}+";
        int least = bytes < 8 ? 1 : 1 << BitOperations.Log2((uint)bytes);
        int most = bytes < 8 ? 7 : (2 * least) - 1;
        return string.Create(CultureInfo.InvariantCulture, $"{least}-{most}");
    }
}
