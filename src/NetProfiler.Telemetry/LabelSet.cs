using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace NetProfiler.Telemetry;

/// <summary>Labels sorted by name, so that equal sets have equal bytes. Escaped once on creation; writing copies the bytes.</summary>
public sealed class LabelSet : IEquatable<LabelSet>
{
    private readonly (string Name, string Value)[] _labels;
    private readonly int _hashCode;

    private LabelSet((string Name, string Value)[] labels)
    {
        _labels = labels;
        Utf8 = Encoding.UTF8.GetBytes(string.Join(',', labels.Select(label => $"{label.Name}=\"{LabelValue.Escape(label.Value)}\"")));

        var hash = new HashCode();
        hash.AddBytes(Utf8);
        _hashCode = hash.ToHashCode();
    }

    public static LabelSet Empty { get; } = new([]);

    public int Count => _labels.Length;

    /// <summary>The text between the braces in both formats: <c>a="1",b="2"</c>.</summary>
    internal byte[] Utf8 { get; }

    /// <exception cref="ArgumentException">A name is invalid, reserved (begins with two underscores), or repeated.</exception>
    public static LabelSet Of(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var sorted = labels.ToArray();
        Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Name, right.Name));

        for (var i = 0; i < sorted.Length; i++)
        {
            var name = sorted[i].Name;
            if (!ExpositionName.IsValid(name) || name.StartsWith("__", StringComparison.Ordinal))
                throw new ArgumentException($"'{name}' is not a label name", nameof(labels));
            if (i > 0 && sorted[i - 1].Name == name) throw new ArgumentException($"label '{name}' comes twice", nameof(labels));

            sorted[i].Value = LabelValue.MakeValid(sorted[i].Value);
        }

        return new LabelSet(sorted);
    }

    /// <summary>This set with one additional label.</summary>
    public LabelSet With(string name, string value) => Of([.. _labels, (name, value)]);

    /// <summary>The value as it was captured; invalid UTF-8 in it becomes U+FFFD.</summary>
    public LabelSet With(string name, ReadOnlySpan<byte> value) => With(name, Encoding.UTF8.GetString(value));

    public bool Contains(string name) => Array.Exists(_labels, label => label.Name == name);

    /// <summary>The length that OpenMetrics limits for an exemplar: code points of all names and values, unescaped.</summary>
    internal int CountCodePoints() => _labels.Sum(label => label.Name.Length + label.Value.EnumerateRunes().Count());

    public bool Equals([NotNullWhen(true)] LabelSet? other) => other is not null && Utf8.AsSpan().SequenceEqual(other.Utf8);

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode() => _hashCode;

    public override string ToString() => $"{{{Encoding.UTF8.GetString(Utf8)}}}";
}
