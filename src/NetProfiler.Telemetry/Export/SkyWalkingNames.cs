using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The service and instance under which each process reports to SkyWalking, extracted from the sw8 of its outgoing requests and used for
/// its incoming ones, whose sw8 contains the caller's. One thread at a time.
/// </summary>
internal sealed class SkyWalkingNames
{
    /// <summary>Maximum number of processes. If there are more, the table is cleared and filled again.</summary>
    public const int MaxProcesses = 4096;

    private readonly Dictionary<int, SampleParty> _parties = [];

    /// <summary>The names of any process, from its sw8 or its container. Null if neither is known.</summary>
    public SampleParty? Of(ProcessIdentity process) =>
        _parties.TryGetValue(process.Id, out var party) ? party : SampleParty.Of(process.Container);

    public SampleParty Of(ShownSample sample)
    {
        var party = SampleParty.Of(sample);
        // A gateway forwards the context of its own caller.
        if (party.IsApplications && sample.SpanUse != SpanUse.Forwarded)
        {
            if (_parties.Count == MaxProcesses) _parties.Clear();
            _parties[sample.Process.Id] = party;
            return party;
        }

        bool isIncoming = sample is { Role: EndpointRole.Server, Trace.Format: TraceFormat.SkyWalking };
        return isIncoming ? _parties.GetValueOrDefault(sample.Process.Id, party) : party;
    }
}
