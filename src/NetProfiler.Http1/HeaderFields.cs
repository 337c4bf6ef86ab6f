using System.Text;

namespace NetProfiler.Http1;

/// <summary>The fields in a head's field lines, searched on demand.</summary>
public readonly ref struct HeaderFields(ReadOnlySpan<byte> fieldLines)
{
    private readonly ReadOnlySpan<byte> _lines = fieldLines;

    public FieldEnumerator GetEnumerator() => new(_lines);

    /// <summary>Finds the first field with this name, ignoring case.</summary>
    public bool TryFind(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        foreach (var field in this)
        {
            if (!Ascii.EqualsIgnoreCase(field.Name, lowerCaseName)) continue;
            value = field.Value;
            return true;
        }

        value = default;
        return false;
    }
}
