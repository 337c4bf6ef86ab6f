using NetProfiler.Analysis.Samples;
using NetProfiler.Node.Output;

namespace NetProfiler.Node.Samples;

/// <summary>Writes samples as JSON lines. The dispatcher's thread only.</summary>
internal sealed class SamplePrinter(LineOutput output) : IDisposable
{
    private readonly SampleJson _json = new();

    public void Print(ShownSample sample) => output.Offer(_json.LineOf(sample).Span, 1);

    public void Dispose() => _json.Dispose();
}
