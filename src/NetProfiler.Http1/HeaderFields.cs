using System.Text;

namespace NetProfiler.Http1;

/// <summary>The fields of a head's field lines, found as they are asked for.</summary>
public readonly ref struct HeaderFields(ReadOnlySpan<byte> fieldLines)
{
    private readonly ReadOnlySpan<byte> _lines = fieldLines;

    public FieldEnumerator GetEnumerator() => new(_lines);

    /// <summary>Finds the first field of that name, whatever its case.</summary>
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
