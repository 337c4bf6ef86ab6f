using System.Globalization;
using System.Text;

namespace NetProfiler.Telemetry.Tests.Support;

internal sealed record ReadSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value, string? Exemplar);

/// <summary>Reads both formats back, written from their specifications and not from our writer; strict, for what we write.</summary>
internal sealed class ExpositionReader
{
    private readonly string _line;
    private int _at;

    private ExpositionReader(string line) => _line = line;

    public static IReadOnlyList<ReadSample> Read(string text)
    {
        Assert.EndsWith("\n", text);

        return [.. text[..^1].Split('\n').Where(line => !line.StartsWith('#')).Select(line => new ExpositionReader(line).Sample())];
    }

    private ReadSample Sample()
    {
        var name = Until(' ', '{');
        var labels = Peek() == '{' ? Labels() : new Dictionary<string, string>();
        Expect(' ');
        var value = Number(Until(' ', '\0'));
        var exemplar = _at < _line.Length ? _line[_at..] : null;
        if (exemplar is not null) Assert.StartsWith(" # {", exemplar);

        return new ReadSample(name, labels, value, exemplar);
    }

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>();
        Expect('{');

        while (Peek() != '}')
        {
            if (labels.Count > 0) Expect(',');
            var name = Until('=');
            Expect('=');
            labels.Add(name, Quoted());
        }

        Expect('}');
        return labels;
    }

    private string Quoted()
    {
        var text = new StringBuilder();

        for (Expect('"'); Peek() != '"'; _at++)
        {
            if (Peek() != '\\')
            {
                text.Append(Peek());
                continue;
            }

            _at++;
            text.Append(Peek() switch
            {
                'n' => '\n',
                '"' or '\\' => Peek(),
                var other => throw new FormatException($"escape \\{other}"),
            });
        }

        Expect('"');
        return text.ToString();
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private char Peek() => _at < _line.Length ? _line[_at] : '\0';

    private void Expect(char character)
    {
        Assert.Equal(character, Peek());
        _at++;
    }

    private string Until(params char[] stops)
    {
        var start = _at;
        while (!stops.Contains(Peek())) _at++;
        return _line[start.._at];
    }
}
