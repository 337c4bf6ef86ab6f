using Grpc.Core;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Fills OAP's lists of slow, 4xx and 5xx requests: registers the processes of both ends, and reports each request as a log record that
/// OAP's rules for network profiling parse. One call at a time.
/// </summary>
internal sealed class SkyWalkingLists(CallInvoker invoker, Metadata metadata, TimeProvider time)
{
    /// <summary>Maximum number of processes whose OAP id is cached. If there are more, all are registered again.</summary>
    private const int MaxProcesses = 4096;

    /// <summary>OAP shows only processes that were reported recently.</summary>
    private static readonly TimeSpan RegistrationPeriod = TimeSpan.FromMinutes(1);

    private readonly EBPFProcessService.EBPFProcessServiceClient _processes = new(invoker);
    private readonly LogReportService.LogReportServiceClient _logs = new(invoker);
    private readonly Dictionary<ListedProcess, (string Id, long Timestamp)> _ids = [];
    private readonly string _agent = $"netprofiler-{Environment.MachineName}";
    private bool _isOff;

    private long _failed;

    /// <summary>Number of requests that OAP did not accept for its lists. Any thread.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Makes one attempt: retries for a list would delay samples. Failures are counted.</summary>
    public async Task SendAsync(IReadOnlyList<ListedRequest> requests, CancellationToken cancellation)
    {
        if (requests.Count == 0) return;
        if (_isOff)
        {
            Interlocked.Add(ref _failed, requests.Count);
            return;
        }

        try
        {
            await RegisterAsync(requests, cancellation).ConfigureAwait(false);
            using var call = _logs.collect(metadata, cancellationToken: cancellation);
            await call.RequestStream.WriteAllAsync(requests.Select(request => request.ToLog(IdOf)), cancellation).ConfigureAwait(false);
            await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            Interlocked.Add(ref _failed, requests.Count);
            _isOff = failure.StatusCode == StatusCode.Unimplemented && failure.Status.DebugException is null; // not implemented
        }
        catch (OperationCanceledException)
        {
            Interlocked.Add(ref _failed, requests.Count);
        }
    }

    private async Task RegisterAsync(IReadOnlyList<ListedRequest> requests, CancellationToken cancellation)
    {
        var report = new EBPFProcessReportList { EbpfAgentID = _agent };
        var processes = requests.SelectMany(request => new[] { request.Process, request.Peer }).OfType<ListedProcess>();
        var due = processes.Distinct().Where(IsDue).ToList();
        if (due.Count == 0) return;
        report.Processes.AddRange(due.Select(PropertiesOf));
        var answer = await _processes.reportProcessesAsync(report, metadata, cancellationToken: cancellation).ConfigureAwait(false);

        if (_ids.Count + due.Count > MaxProcesses) _ids.Clear();
        foreach (var known in answer.Processes)
        {
            int pid = known.HostProcess?.Pid ?? known.K8SProcess?.Pid ?? 0;
            var entity = known.HostProcess?.EntityMetadata ?? known.K8SProcess?.EntityMetadata;
            if (due.Find(one => one.ProcessId == pid && IsOf(one, entity)) is { } process)
                _ids[process] = (known.ProcessId, time.GetTimestamp());
        }

        static bool IsOf(ListedProcess one, EBPFProcessEntityMetadata? entity) =>
            one.Party.Service == entity?.ServiceName && one.Party.Instance == entity.InstanceName;
    }

    private bool IsDue(ListedProcess process) =>
        !_ids.TryGetValue(process, out var known) || time.GetElapsedTime(known.Timestamp) > RegistrationPeriod;

    private string IdOf(ListedProcess process) => _ids.TryGetValue(process, out var known) ? known.Id : "";

    private static EBPFProcessProperties PropertiesOf(ListedProcess process)
    {
        var entity = new EBPFProcessEntityMetadata
        {
            Layer = ListedRequest.Layer,
            ServiceName = process.Party.Service,
            InstanceName = process.Party.Instance,
            ProcessName = process.Name,
        };
        return process.IsInContainer
            ? new() { K8SProcess = new EBPFKubernetesProcessMetadata { Pid = process.ProcessId, Entity = entity } }
            : new() { HostProcess = new EBPFHostProcessMetadata { Pid = process.ProcessId, Entity = entity } };
    }
}
