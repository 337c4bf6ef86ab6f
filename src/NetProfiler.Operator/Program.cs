using NetProfiler.Cli;
using NetProfiler.Operator.Hosting;

StopSignals.AcceptInterrupt();
return await OperatorCommand.InvokeAsync(args);
