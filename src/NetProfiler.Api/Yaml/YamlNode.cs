using System.Globalization;
using YamlDotNet.Core;

namespace NetProfiler.Api.Yaml;

/// <summary>A value at its position in the file. Anchored values are shared by their aliases; there are no cycles.</summary>
public abstract record YamlNode(Mark Mark)
{
    /// <summary>Number of values when aliases are expanded.</summary>
    public abstract long Size { get; }

    public virtual bool IsNull => false;

    /// <summary>For messages about an unexpected value, such as "the integer 12".</summary>
    public abstract string Describe();
}

public sealed record YamlScalar(string Text, bool IsPlain, Mark Mark) : YamlNode(Mark)
{
    public override long Size => 1;

    public override bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public bool? Boolean => !IsPlain ? null : Text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => null,
    };

    public bool IsInteger => IsPlain && Text.Any(char.IsAsciiDigit) && Text.AsSpan().TrimStart("+-").IndexOfAnyExceptInRange('0', '9') < 0;

    // YAML 1.2, section 10.3.2; double.TryParse alone would accept "Infinity" as a number.
    public bool IsNumber => IsPlain && Text.All("+-.0123456789eE".Contains)
        && double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    public override string Describe()
    {
        if (IsNull) return "nothing";
        if (Boolean is not null) return $"the boolean {Text}";
        return IsInteger ? $"the integer {Text}" : IsNumber ? $"the number {Text}" : $"the string {Quote.Of(Text)}";
    }
}

public sealed record YamlList(IReadOnlyList<YamlNode> Items, Mark Mark) : YamlNode(Mark)
{
    public override long Size { get; } = 1 + Items.Sum(item => item.Size);

    public override string Describe() => "a list";
}

public sealed record YamlMap(IReadOnlyList<YamlField> Fields, Mark Mark) : YamlNode(Mark)
{
    public override long Size { get; } = 1 + Fields.Sum(field => field.Value.Size);

    public override string Describe() => "an object";
}

public readonly record struct YamlField(string Name, Mark Mark, YamlNode Value);
