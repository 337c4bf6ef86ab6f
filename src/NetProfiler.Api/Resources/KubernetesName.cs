namespace NetProfiler.Api.Resources;

/// <summary>The kinds of names in Kubernetes, with a sentence that states the rules of each.</summary>
public static class KubernetesName
{
    public const string SubdomainRule =
        "must be lower-case letters, digits, '-' and '.', begin and end with a letter or digit, and have at most 253 characters (RFC 1123)";
    public const string DnsLabelRule =
        "must be lower-case letters, digits and '-', begin and end with a letter or digit, and have at most 63 characters (RFC 1123)";
    public const string LabelKeyRule =
        "must be a name of letters, digits, '-', '_' and '.', of at most 63 characters, with an optional domain and '/' before it";
    public const string LabelValueRule =
        "must be empty, or letters, digits, '-', '_' and '.', begin and end with a letter or digit, and have at most 63 characters";

    private const int MaxSubdomainLength = 253;
    private const int MaxLabelLength = 63;

    public static bool IsSubdomain(string text) =>
        text.Length <= MaxSubdomainLength && Array.TrueForAll(text.Split('.'), part => IsDelimited(part, IsDnsCharacter));

    public static bool IsDnsLabel(string text) => text.Length <= MaxLabelLength && IsDelimited(text, IsDnsCharacter);

    public static bool IsLabelKey(string text) => text.Split('/') switch
    {
        [var name] => IsLabelName(name),
        [var domain, var name] => IsSubdomain(domain) && IsLabelName(name),
        _ => false,
    };

    public static bool IsLabelValue(string text) => text.Length == 0 || IsLabelName(text);

    private static bool IsLabelName(string text) => text.Length <= MaxLabelLength && IsDelimited(text, IsLabelCharacter);

    private static bool IsDelimited(string text, Func<char, bool> isAllowed) =>
        text.Length > 0 && text.All(isAllowed) && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]);

    private static bool IsDnsCharacter(char character) =>
        char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-';

    private static bool IsLabelCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
}
