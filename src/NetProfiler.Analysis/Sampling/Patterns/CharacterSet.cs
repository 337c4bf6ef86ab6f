using System.Text.RegularExpressions;

namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>
/// The characters that one element of a pattern matches: a literal, a class, a dot. Same semantics as .NET's regular expressions.
/// </summary>
internal sealed class CharacterSet
{
    private const RegexOptions Options = RegexOptions.CultureInvariant;

    private readonly char? _literal;
    private readonly UInt128 _ascii;
    private readonly Regex? _element; // for characters beyond ASCII

    /// <param name="element">Source text of an element that matches one character. Such an expression cannot backtrack, so its cost is
    /// constant.</param>
    private CharacterSet(string element, RegexOptions options)
    {
        _element = new Regex($@"\A(?:{element})\z", options);
        for (int character = 0; character < 128; character++)
        {
            if (_element.IsMatch([(char)character])) _ascii |= UInt128.One << character;
        }
    }

    private CharacterSet(char literal)
    {
        _literal = literal;
        if (literal < 128) _ascii = UInt128.One << literal;
    }

    /// <summary>The characters that <c>\b</c> considers part of a word.</summary>
    public static CharacterSet Word { get; } = new(@"[\w\u200C\u200D]", Options);

    public static CharacterSet Of(char literal, PatternModes modes) => modes.HasFlag(PatternModes.IgnoreCase)
        ? new(Regex.Escape(literal.ToString()), Options | RegexOptions.IgnoreCase)
        : new(literal);

    public static CharacterSet Of(string element, PatternModes modes) => new(element, Options
        | (modes.HasFlag(PatternModes.IgnoreCase) ? RegexOptions.IgnoreCase : 0)
        | (modes.HasFlag(PatternModes.DotMatchesNewline) ? RegexOptions.Singleline : 0));

    public bool Contains(char character) => character < 128
        ? (_ascii >> character & 1) != 0
        : _literal is { } literal ? character == literal : _element!.IsMatch([character]);
}
