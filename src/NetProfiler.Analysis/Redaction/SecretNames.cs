using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Names of fields and parameters whose values do not leave the process. Compared without case and separators, so that <c>X-Api-Key</c>,
/// <c>x_api_key</c> and <c>xApiKey</c> are one name. Built-in names (<c>secrets.txt</c>) cannot be removed, only extended.
/// </summary>
public sealed class SecretNames
{
    /// <summary>Of a longer name, only the end is compared; this bounds the work for hostile input.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Maximum number of suffixes removed from a name: "password_confirmation_2" is a password.</summary>
    private const int MaxSuffixes = 3;

    private static readonly Words Whole = new("name"), Endings = new("ending"), LastWords = new("word"), Suffixes = new("suffix"),
        Shown = new("shown");

    private readonly string[] _additional;
    private readonly bool[] _ends = new bool[128 * 128]; // the possible last two letters of a secret name
    private readonly Words _added;
    private readonly bool _hasLetter; // whether a secret name has only one letter

    /// <param name="additional">Further names, from a task; compared as a whole.</param>
    public SecretNames(IEnumerable<string>? additional = null)
    {
        _additional = [.. additional ?? []];
        _added = new Words(_additional.Select(name => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant())
            .Where(name => name.Length > 0));
        _hasLetter = _added.All.Any(name => name.Count(char.IsAsciiLetter) < 2);
        foreach (string word in Lists.Concat([_added]).SelectMany(list => list.All)
            .Select(word => word.TrimEnd("0123456789".ToCharArray())))
        {
            if (word.Length > 1) _ends[(word[^2] * 128) + word[^1]] = true;
        }
    }

    private static Words[] Lists => [Whole, Endings, LastWords, Suffixes];

    /// <summary>The union of the names of both.</summary>
    public SecretNames With(SecretNames other) => new(_additional.Concat(other._additional));

    public static SecretNames Default { get; } = new();

    /// <summary>Whether the value under this name, as on the wire (without percent-encoding), is a secret. Does not allocate.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameLength) name = name[^MaxNameLength..];
        if (!MayBeSecret(name)) return false;
        Span<byte> folded = stackalloc byte[MaxNameLength];
        var (length, starts) = Fold(name, folded);
        if (length == 0) return false;
        if (_added.Has(folded[..length])) return true;

        for (int taken = 0; taken <= MaxSuffixes; taken++)
        {
            while (length > 0 && char.IsAsciiDigit((char)folded[length - 1])) length--;
            if (length == 0) return false;
            if (IsSecret(folded[..length], starts)) return true;
            if (folded[length - 1] == 's' && IsSecret(folded[..(length - 1)], starts)) return true;
            int suffix = Suffixes.EndOf(folded[..length]);
            if (suffix == 0 || suffix == length) return false;
            length -= suffix;
        }

        return false;
    }

    // Rejects nearly all names by their last letters.
    private bool MayBeSecret(ReadOnlySpan<byte> name)
    {
        int last = 0, before = 0, third = 0;
        for (int i = name.Length - 1; i >= 0 && third == 0; i--)
        {
            int letter = char.IsAsciiLetter((char)name[i]) || (last != 0 && char.IsAsciiDigit((char)name[i])) ? name[i] | 0x20 : 0;
            if (letter == 0) continue;
            if (last == 0) last = letter;
            else if (before == 0) before = letter;
            else third = letter;
        }

        return before == 0 ? _hasLetter : _ends[(before * 128) + last] || (last == 's' && third != 0 && _ends[(third * 128) + before]);
    }

    private static bool IsSecret(ReadOnlySpan<byte> name, UInt128 starts)
    {
        if (name.IsEmpty || Shown.Has(name)) return false;
        if (Whole.Has(name) || Endings.EndOf(name) > 0) return true;
        int word = name.Length - 1;
        while (word > 0 && (starts >> word & 1) == 0) word--;
        return LastWords.Has(name[word..]);
    }

    /// <returns>The length without separators, and a bit mask of the positions at which words begin.</returns>
    private static (int Length, UInt128 Starts) Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        int length = 0;
        UInt128 starts = 1;
        bool isStart = true, wasLower = false;
        foreach (byte one in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)one))
            {
                isStart = true;
                continue;
            }

            if (isStart || (wasLower && char.IsAsciiLetterUpper((char)one))) starts |= UInt128.One << length;
            (isStart, wasLower) = (false, !char.IsAsciiLetterUpper((char)one));
            folded[length++] = (byte)(one | 0x20); // digits have this bit already
        }

        return (length, starts);
    }

    /// <summary>Words indexed by their last letter, so that few are compared.</summary>
    private sealed class Words
    {
        private readonly byte[][][] _byLast = [.. Enumerable.Repeat<byte[][]>([], 128)];

        public Words(string section) : this(SecretList.Of(section))
        {
        }

        public Words(IEnumerable<string> words)
        {
            All = [.. words.Distinct()];
            foreach (var group in All.GroupBy(word => word[^1])) _byLast[group.Key] = [.. group.Select(Encoding.ASCII.GetBytes)];
        }

        public IReadOnlyList<string> All { get; }

        public bool Has(ReadOnlySpan<byte> name)
        {
            foreach (byte[] word in _byLast[name[^1]])
            {
                if (name.SequenceEqual(word)) return true;
            }

            return false;
        }

        /// <summary>Length of the longest word that the name ends with; 0 if absent.</summary>
        public int EndOf(ReadOnlySpan<byte> name)
        {
            int longest = 0;
            foreach (byte[] word in _byLast[name[^1]])
            {
                if (word.Length > longest && name.EndsWith(word)) longest = word.Length;
            }

            return longest;
        }
    }
}
