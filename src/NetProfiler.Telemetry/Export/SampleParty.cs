using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>Whose a sample is, by the most telling name that is known: the tracer's own, the workload's, the process's.</summary>
/// <param name="IsApplications">The name is the one under which the application's own tracer reports.</param>
internal readonly record struct SampleParty(string Service, string Instance, bool IsApplications)
{
    public static SampleParty Of(ShownSample sample)
    {
        // sw8 says who calls.
        if (sample is { Role: EndpointRole.Client, Trace: { ParentService: { } service, ParentServiceInstance: { } instance } })
            return new(service, instance, true);

        return Of(sample.Process.Container) ?? new(sample.Process.Name, sample.Local, false);
    }

    public static SampleParty? Of(ContainerIdentity? container) =>
        container is null ? null : new(WorkloadOf(container), container.PodName, false);

    /// <summary>"cart" of Deployment/cart; the pod's name where nothing owns it.</summary>
    private static string WorkloadOf(ContainerIdentity container) =>
        container.Workload is { } workload ? workload[(workload.IndexOf('/') + 1)..] : container.PodName;
}
