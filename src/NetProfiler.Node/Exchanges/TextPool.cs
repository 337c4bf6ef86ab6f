using System.Text;

namespace NetProfiler.Node.Exchanges;

/// <summary>Shares one object per repeated text, such as a target. One thread.</summary>
internal sealed class TextPool
{
    /// <summary>Maximum number of texts; the pool is cleared when it is full.</summary>
    private const int MaxTexts = 16384;

    private const int MaxLength = 512;

    private readonly HashSet<string> _texts = [];
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _byChars;

    public TextPool() => _byChars = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        if (utf8.Length > MaxLength) return Encoding.UTF8.GetString(utf8);
        Span<char> chars = stackalloc char[MaxLength];
        chars = chars[..Encoding.UTF8.GetChars(utf8, chars)];
        if (_byChars.TryGetValue(chars, out string? known)) return known;
        if (_texts.Count == MaxTexts) _texts.Clear();
        string text = chars.ToString();
        _texts.Add(text);
        return text;
    }
}
