using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The service and instance of a sample, by the most specific name that is known: the tracer's own, the workload's, the process's.
/// </summary>
/// <param name="IsApplications">Whether the name is the one under which the application's own tracer reports.</param>
internal readonly record struct SampleParty(string Service, string Instance, bool IsApplications)
{
    public static SampleParty Of(ShownSample sample)
    {
        // sw8 contains the name of the caller.
        if (sample is { Role: EndpointRole.Client, Trace: { ParentService: { } service, ParentServiceInstance: { } instance } })
            return new(service, instance, true);

        return Of(sample.Process.Container) ?? new(sample.Process.Name, sample.Local, false);
    }

    public static SampleParty? Of(ContainerIdentity? container) =>
        container is null ? null : new(WorkloadOf(container), container.PodName, false);

    /// <summary>"cart" for Deployment/cart; the pod's name if it has no owner.</summary>
    private static string WorkloadOf(ContainerIdentity container) =>
        container.Workload is { } workload ? workload[(workload.IndexOf('/') + 1)..] : container.PodName;
}
